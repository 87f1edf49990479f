"""Delete a person: the account, sessions and searches; entries stay, under a neutral name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.services import PeopleServices, Services
from ingest.document import Document
from ingest.store import EntryStore
from ingest.using import with_fields
from ingest.yaml_text import Plain
from kb.entry import Entry
from kb.entry import owner_key as folded
from kb.errors import KBError
from kb.loop.activity import Activity
from kb.people.acting import acting
from kb.people.errors import LastAdminError
from kb.people.person import Person

FIELDS = ("owner", "verified_by")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of the entries that named somebody."""

    done: tuple[str, ...]  # ids
    failed: tuple[tuple[str, str], ...]  # id, why


def forget(people: PeopleServices, activity: Activity, person: Person) -> None:
    """Delete a person and what only they have. Raises LastAdminError, ActivityUnavailableError, NotLoggedError.

    Searches go first: once the account is gone, nothing tells whose they were.
    """
    if [admin.id for admin in people.people.admins()] == [person.id]:
        raise LastAdminError
    with people.audit.deed("person-forgotten", acting().viewer, person.id):
        activity.forget_asker(people.askers.of(person.id))
        people.people.remove(person.id)
        people.names.forget(person.id)


def named(services: Services, person: Person) -> list[Entry]:
    """Return the entries whose front matter names a person, by id."""
    names = services.people.names.of(person.id)
    known = services.library.entries.summaries(services.library.entries.ids())
    return sorted(
        (one for one in known.values() if any(folded(str(one.value(field) or "")) in names for field in FIELDS)),
        key=lambda one: one.id,
    )


def rewrite(store: EntryStore, entries: Sequence[Entry], names: frozenset[str], neutral: str) -> Rewritten:
    """Write a neutral name where entries name somebody, one file at a time, each whole or not at all."""
    done, failed = [], []
    for entry in entries:
        try:
            source = store.source(entry.id)
            changes: dict[str, Plain | None] = {
                field: neutral for field in FIELDS if folded(str(source.entry.value(field) or "")) in names
            }
            text = with_fields(Document.of(source.text), changes)
            store.update(entry.id, text, source.content_hash, force=True, reason="a person was deleted")
            done.append(entry.id)
        except KBError as error:
            failed.append((entry.id, error.sentence))
    return Rewritten(tuple(done), tuple(failed))
