"""The names that stand in entries, and whose they are: readable in the file, and never taken for somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import delete, insert, select, update

from kb.entry import owner_key as folded
from kb.people.errors import NameTakenError
from kb.people.file import PeopleFile
from kb.people.people import People
from kb.people.tables import NAMES, PEOPLE


class Names:
    """Which name in an entry means which person. An unlinked name is a text and nobody's."""

    def __init__(self, file: PeopleFile, people: People) -> None:
        self._file = file
        self._people = people

    def written(self, person_id: str, is_used: Callable[[str], bool]) -> str:
        """Return how a person is written into entries: the name, with the address where it could be another's.

        The first to save under a name keeps it. `is_used` says whether entries name somebody so already: until an admin
        links that name, it may have been somebody else. Raises PersonNotFoundError.
        """
        person = self._people.get(person_id)
        full = f"{person.name} ({person.address or person.id})"
        for name in (person.name, full):
            if self.person_of(name) == person_id:
                return name
        others = {folded(other.name) for other in self._people.all() if other.id != person_id}
        is_free = folded(person.name) not in others and not self._is_linked(person.name) and not is_used(person.name)
        for name in (person.name, full) if is_free else (full,):
            with suppress(NameTakenError):  # by another save, just now, or by somebody who calls himself so
                self.link(name, person_id)
                return name
        return person_id

    def person_of(self, name: str) -> str:
        """Return the id of the person a name means; empty for a name of nobody who may sign in."""
        found = select(NAMES.c.person).join(PEOPLE, PEOPLE.c.id == NAMES.c.person).where(NAMES.c.folded == folded(name))
        with self._file.reading() as connection:
            return str(connection.scalar(found) or "")

    def of(self, person_id: str) -> frozenset[str]:
        """Return the names that mean a person, folded."""
        with self._file.reading() as connection:
            return frozenset(connection.scalars(select(NAMES.c.folded).where(NAMES.c.person == person_id)))

    def links(self) -> list[tuple[str, str]]:
        """Return (name as linked, id of the person) of everybody who may sign in."""
        found = select(NAMES.c.name, NAMES.c.person).join(PEOPLE, PEOPLE.c.id == NAMES.c.person)
        with self._file.reading() as connection:
            return [(row.name, row.person) for row in connection.execute(found.order_by(NAMES.c.folded))]

    def link(self, name: str, person_id: str) -> None:
        """Let a name in entries mean a person. Raises PersonNotFoundError, NameTakenError if it means another.

        The id of a person means that person without being linked.
        """
        self._people.get(person_id)
        key = folded(name)
        with self._file.writing() as connection:
            linked = connection.scalar(select(NAMES.c.person).where(NAMES.c.folded == key))
            owner = linked or connection.scalar(select(PEOPLE.c.id).where(PEOPLE.c.id == key))
            if owner not in (None, person_id):
                raise NameTakenError(name)
            if linked is None:
                connection.execute(insert(NAMES).values(folded=key, name=" ".join(name.split()), person=person_id))

    def unlink(self, name: str) -> bool:
        """Let a name mean nobody again; return whether it meant somebody."""
        with self._file.writing() as connection:
            return bool(connection.execute(delete(NAMES).where(NAMES.c.folded == folded(name))).rowcount)

    def former(self) -> frozenset[str]:
        """Return the folded names of people who were deleted: shown without the name."""
        gone = select(NAMES.c.folded).where(NAMES.c.person.not_in(select(PEOPLE.c.id)))
        with self._file.reading() as connection:
            return frozenset(connection.scalars(gone))

    def recogniser(self) -> Callable[[str], bool]:
        """Return whether a name is that of somebody who was deleted, looked up once for as long as it is used."""
        known: list[frozenset[str]] = []

        def is_former(name: str) -> bool:
            if not known:
                known.append(self.former())
            return folded(name) in known[0]

        return is_former

    def forget(self, person_id: str) -> None:
        """Keep the names of a person who is deleted only to recognise them in entries: folded, not as written."""
        with self._file.writing() as connection:
            connection.execute(update(NAMES).where(NAMES.c.person == person_id).values(name=""))

    def clear(self, person_id: str) -> None:
        """Forget the names of a person whom no entry names any more."""
        with self._file.writing() as connection:
            connection.execute(delete(NAMES).where(NAMES.c.person == person_id))

    def _is_linked(self, name: str) -> bool:
        with self._file.reading() as connection:
            return connection.scalar(select(NAMES.c.person).where(NAMES.c.folded == folded(name))) is not None
