"""The people who may sign in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from kb.clock import Clock
from kb.people.errors import AddressTakenError, LastAdminError, NoGroupsError, PersonNotFoundError
from kb.people.file import PeopleFile
from kb.people.person import Identity, Person, clean_address, clean_name, clean_teams, folded, tidy_name
from kb.people.tables import LINKS, PEOPLE, PERSON, SESSIONS, SUBJECTS
from kb.viewer import Role

ID_BYTES = 8
NEW_ROLE: Role = "reader"  # where neither an admin nor the provider says anything


class People:
    """Reads and changes people. An admin's word on role and teams outlasts what the provider says."""

    def __init__(self, file: PeopleFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def add(self, address: str, name: str, role: Role, teams: Iterable[str]) -> Person:
        """Add a person. Raises AddressTakenError, BadPersonError."""
        address = clean_address(address)
        person = Person(
            secrets.token_hex(ID_BYTES),
            address,
            clean_name(name or _name_from(address)),
            role,
            "local",
            clean_teams(teams),
            "local",
            self._clock.now(),
        )
        with self._file.writing() as connection:
            _insert(connection, person)
        return person

    def get(self, person_id: str) -> Person:
        """Return a person. Raises PersonNotFoundError."""
        with self._file.reading() as connection:
            return _get(connection, person_id)

    def by_address(self, address: str) -> Person | None:
        """Return the person with an address."""
        with self._file.reading() as connection:
            return _by_address(connection, folded(address))

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        with self._file.reading() as connection:
            return [person_of(row) for row in connection.execute(select(*PERSON).order_by(PEOPLE.c.name, PEOPLE.c.id))]

    def admins(self) -> list[Person]:
        """Return who can change roles."""
        return [person for person in self.all() if _is_admin(person)]

    def change(
        self,
        person_id: str,
        *,
        name: str | None = None,
        role: Role | None = None,
        teams: Iterable[str] | None = None,
        is_disabled: bool | None = None,
    ) -> Person:
        """Change a person by an admin. Raises PersonNotFoundError, BadPersonError, LastAdminError."""
        values: dict[str, Any] = {}
        if name is not None:
            values["name"] = clean_name(name)
        if role is not None:
            values |= {"role": role, "role_source": "local"}
        if teams is not None:
            values |= {"teams": clean_teams(teams), "team_source": "local"}
        if is_disabled is not None:
            values["is_disabled"] = is_disabled
        with self._file.writing() as connection:
            person = _get(connection, person_id)
            if values:
                person = _changed(connection, person, values)
            if is_disabled:
                for table in (SESSIONS, LINKS):
                    connection.execute(delete(table).where(table.c.person == person_id))
        return person

    def remove(self, person_id: str) -> None:
        """Delete a person with everything that belongs to the account. Raises PersonNotFoundError, LastAdminError."""
        with self._file.writing() as connection:
            person = _get(connection, person_id)
            _changed(connection, person, {"is_disabled": True})  # as the last admin is refused there
            connection.execute(delete(PEOPLE).where(PEOPLE.c.id == person_id))

    def follow_groups(self, person_id: str) -> Person:
        """Let role and teams follow the provider's groups again, beginning with what it said last.

        Raises PersonNotFoundError, NoGroupsError, LastAdminError.
        """
        with self._file.writing() as connection:
            person = _get(connection, person_id)
            of_person = select(SUBJECTS).where(SUBJECTS.c.person == person_id).order_by(SUBJECTS.c.met_at.desc())
            last = connection.execute(of_person).first()
            if last is None:
                raise NoGroupsError(person.name)
            values = {
                "role": last.role or person.role,
                "role_source": last.source,
                "teams": person.teams if last.teams is None else last.teams,
                "team_source": last.source,
            }
            return _changed(connection, person, values)

    def known(self, identity: Identity) -> Person | None:
        """Return the person a provider vouches for, as they are before `met`; None if it is somebody new."""
        with self._file.reading() as connection:
            subject = connection.execute(select(SUBJECTS.c.person).where(*_is_subject(identity))).scalar()
            return _get(connection, subject) if subject else _by_address(connection, folded(identity.address))

    def met(self, identity: Identity) -> Person:
        """Return the person a provider vouches for, created or brought up to date.

        Found by the subject, which never changes, or else by the address. An address that belongs to somebody whom the
        same provider knows under another subject may have been given to a new colleague: AddressTakenError.
        """
        with self._file.writing() as connection:
            known = connection.execute(select(SUBJECTS).where(*_is_subject(identity))).first()
            if known is not None:
                person = _updated(connection, _get(connection, known.person), identity, name_before=known.name)
            else:
                found = _by_address(connection, folded(identity.address)) if identity.address else None
                if found is not None:
                    _refuse_second_subject(connection, found, identity)
                    person = _updated(connection, found, identity, name_before=_name_from(found.address))
                else:
                    person = self._new(connection, identity)
            _remember(connection, person, identity, self._clock)
        return person

    def _new(self, connection: Connection, identity: Identity) -> Person:
        name = tidy_name(identity.name) or tidy_name(_name_from(identity.address)) or tidy_name(identity.subject)
        person = Person(
            secrets.token_hex(ID_BYTES),
            folded(identity.address),
            clean_name(name),
            identity.role or NEW_ROLE,
            identity.source,
            identity.teams or frozenset(),
            identity.source,
            self._clock.now(),
        )
        _insert(connection, person)
        return person


def person_of(row: Any) -> Person:
    """Return the person of a row with the columns of `PERSON`."""
    return Person(
        row.id,
        row.address,
        row.name,
        row.role,
        row.role_source,
        row.teams,
        row.team_source,
        row.made_at,
        row.is_disabled,
        row.names,
    )


def _name_from(address: str) -> str:
    return address.partition("@")[0]


def _get(connection: Connection, person_id: str) -> Person:
    row = connection.execute(select(*PERSON).where(PEOPLE.c.id == person_id)).first()
    if row is None:
        raise PersonNotFoundError(person_id)
    return person_of(row)


def _by_address(connection: Connection, address: str) -> Person | None:
    if not address:
        return None
    row = connection.execute(select(*PERSON).where(PEOPLE.c.address == address)).first()
    return person_of(row) if row else None


def _values(person: Person) -> dict[str, Any]:
    return {column.name: getattr(person, column.name) for column in PEOPLE.c}


def _insert(connection: Connection, person: Person) -> None:
    try:
        connection.execute(insert(PEOPLE).values(**_values(person)))
    except IntegrityError as error:
        raise AddressTakenError(person.address) from error


def _keep(connection: Connection, person: Person) -> None:
    connection.execute(update(PEOPLE).where(PEOPLE.c.id == person.id).values(**_values(person)))


def _changed(connection: Connection, person: Person, values: dict[str, Any]) -> Person:
    """Change a person. Raises LastAdminError."""
    changed = replace(person, **values)
    _keep(connection, changed)
    if _is_admin(person) and not _is_admin(changed):
        admins = select(func.count()).where(PEOPLE.c.role == "admin", PEOPLE.c.is_disabled.is_(False))
        if not connection.execute(admins).scalar_one():
            raise LastAdminError
    return changed


def _is_admin(person: Person) -> bool:
    return person.role == "admin" and not person.is_disabled


def _is_subject(identity: Identity) -> tuple[Any, Any]:
    return SUBJECTS.c.source == identity.source, SUBJECTS.c.subject == identity.subject


def _refuse_second_subject(connection: Connection, found: Person, identity: Identity) -> None:
    of_same = select(SUBJECTS).where(SUBJECTS.c.person == found.id, SUBJECTS.c.source == identity.source)
    if connection.execute(of_same).first() is not None:
        raise AddressTakenError(found.address)


def _updated(connection: Connection, person: Person, identity: Identity, *, name_before: str) -> Person:
    """Bring a person up to date, except for what an admin has set."""
    values: dict[str, Any] = {}
    name = tidy_name(identity.name)
    if name and person.name == name_before:
        values["name"] = name
    address = folded(identity.address)
    if address and _by_address(connection, address) is None:
        values["address"] = address
    if identity.role is not None and person.role_source != "local":
        values |= {"role": identity.role, "role_source": identity.source}
    if identity.teams is not None and person.team_source != "local":
        values |= {"teams": identity.teams, "team_source": identity.source}
    person = replace(person, **values)
    _keep(connection, person)
    return person


def _remember(connection: Connection, person: Person, identity: Identity, clock: Clock) -> None:
    connection.execute(delete(SUBJECTS).where(*_is_subject(identity)))
    connection.execute(
        insert(SUBJECTS).values(
            source=identity.source,
            subject=identity.subject,
            person=person.id,
            name=tidy_name(identity.name) or person.name,
            role=identity.role,
            teams=identity.teams,
            met_at=clock.now(),
        )
    )
