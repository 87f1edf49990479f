"""The personal address of a feed: a secret that reads the feed of its person, and nothing else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.people import person_of
from kb.people.secret import hash_of, new_secret
from kb.people.tables import FEEDS, PEOPLE, PERSON
from kb.viewer import Viewer, audiences_of


class Feeds:
    """Makes, recognises and ends the addresses of feeds, one for each person."""

    def __init__(self, file: PeopleFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def make(self, person_id: str) -> str:
        """Return the secret of a new address, which nobody sees again; the one before ends."""
        secret = new_secret()
        with self._file.writing() as connection:
            connection.execute(delete(FEEDS).where(FEEDS.c.person == person_id))
            row = {"person": person_id, "hash": hash_of(secret), "made_at": self._clock.now()}
            connection.execute(insert(FEEDS).values(**row))
        return secret

    def viewer_of(self, secret: str) -> Viewer | None:
        """Return who reads the feed at a secret address, as a reader; None if there is none or its person is gone."""
        found = select(*PERSON).join(FEEDS, FEEDS.c.person == PEOPLE.c.id).where(FEEDS.c.hash == hash_of(secret))
        with self._file.reading() as connection:
            row = connection.execute(found).first()
        person = person_of(row) if row else None
        if person is None or person.is_disabled:
            return None
        return Viewer(person.id, person.name, "reader", audiences_of(person.teams), person.names)

    def made_at(self, person_id: str) -> datetime | None:
        """Return when the address of a person was made; None if there is none."""
        with self._file.reading() as connection:
            at: datetime | None = connection.scalar(select(FEEDS.c.made_at).where(FEEDS.c.person == person_id))
            return at

    def end(self, person_id: str) -> bool:
        """End the address of a person; return whether there was one."""
        with self._file.writing() as connection:
            return bool(connection.execute(delete(FEEDS).where(FEEDS.c.person == person_id)).rowcount)
