"""One-time links with which a person sets a password: for the first sign-in, and when it is forgotten."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, insert, select

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.people import person_of
from kb.people.person import Person
from kb.people.secret import hash_of, new_secret
from kb.people.tables import LINKS, PEOPLE, PERSON

LASTING = timedelta(hours=24)


class Links:
    """Makes links, and says whom one is for. Only the hash of a link is stored."""

    def __init__(self, file: PeopleFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def make(self, person_id: str) -> str:
        """Return the secret of a new link; the person's earlier ones end."""
        secret, now = new_secret(), self._clock.now()
        with self._file.writing() as connection:
            connection.execute(delete(LINKS).where((LINKS.c.person == person_id) | (LINKS.c.ends_at <= now)))
            connection.execute(insert(LINKS).values(hash=hash_of(secret), person=person_id, ends_at=now + LASTING))
        return secret

    def person_of(self, secret: str) -> Person | None:
        """Return whom a link is for, without using it up; None if it is unknown, used, or older than a day."""
        valid = select(*PERSON).join(LINKS, LINKS.c.person == PEOPLE.c.id).where(LINKS.c.hash == hash_of(secret))
        alive = valid.where(LINKS.c.ends_at > self._clock.now(), PEOPLE.c.is_disabled.is_(False))
        with self._file.reading() as connection:
            row = connection.execute(alive).first()
        return person_of(row) if row else None

    def use(self, secret: str) -> Person | None:
        """Return whom a link is for and use it up: of two requests at once, one gets the person."""
        person = self.person_of(secret)
        if person is None:
            return None
        with self._file.writing() as connection:
            used = connection.execute(delete(LINKS).where(LINKS.c.hash == hash_of(secret)))
            return person if used.rowcount else None
