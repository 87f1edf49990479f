"""Who comes from a provider or a proxy: created or brought up to date, with what they changed in the audit log."""

from __future__ import annotations

from kb.people.audit import Audit, Fact
from kb.people.people import People
from kb.people.person import Identity, Person


def met(people: People, audit: Audit, identity: Identity) -> Person:
    """Return the person of an identity. Raises AddressTakenError, BadPersonError, NotLoggedError."""
    before = people.known(identity)
    person = people.met(identity)
    if before is None:
        facts: dict[str, Fact] = {"role": person.role, "teams": sorted(person.teams)}
        audit.note("person-added", person.viewer, person.id, **facts, source=identity.source)
    elif changes := changes_of(before, person):
        audit.note("person-changed", person.viewer, person.id, **changes, source=identity.source)
    return person


def changes_of(before: Person, after: Person) -> dict[str, Fact]:
    """Return what became different of a person."""
    facts: dict[str, Fact] = {}
    if before.role != after.role:
        facts["role"] = f"{before.role} → {after.role}"
    if before.teams != after.teams:
        facts["teams"] = sorted(after.teams)
    if before.name != after.name:
        facts["name"] = after.name
    if before.address != after.address:
        facts["address"] = after.address
    return facts
