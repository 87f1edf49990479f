"""Passkeys: public keys with which people sign in, kept with the counter that shows a copied one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from kb.clock import Clock
from kb.people.errors import BadPasskeyError, LastWayError, PasskeyRefusedError
from kb.people.file import PeopleFile
from kb.people.person import MOST_NAME, Person, tidy_name
from kb.people.tables import PASSKEYS, PASSWORDS
from kb.wording import say

MOST = 20  # of a person


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey; there is nothing secret in it."""

    id: str  # chosen by the device or the password manager, base64url
    person: str  # whose it is
    key: bytes  # public
    counter: int  # of its signatures; 0 where it counts none
    name: str  # as shown; may be empty
    made_at: datetime  # UTC
    used_at: datetime | None = None


class Passkeys:
    """Keeps, finds and removes passkeys."""

    def __init__(self, file: PeopleFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def add(self, person: Person, key_id: str, key: bytes, counter: int, name: str) -> None:
        """Keep another passkey of a person. Raises BadPasskeyError, PasskeyRefusedError if it is known already."""
        with self._file.writing() as connection:
            if len(_of(connection, person.id)) >= MOST:
                raise BadPasskeyError(say("You have {most} passkeys. Remove one first.", most=MOST))
            self._insert(connection, Passkey(key_id, person.id, key, counter, _clean(name), self._clock.now()))

    def set_only(self, person: Person, key_id: str, key: bytes, counter: int, name: str) -> None:
        """Keep a passkey as the only way in, without password and earlier passkeys. Raises PasskeyRefusedError."""
        with self._file.writing() as connection:
            for table in (PASSKEYS, PASSWORDS):
                connection.execute(delete(table).where(table.c.person == person.id))
            self._insert(connection, Passkey(key_id, person.id, key, counter, _clean(name), self._clock.now()))

    def get(self, key_id: str) -> Passkey | None:
        """Return a passkey; None if it is unknown."""
        with self._file.reading() as connection:
            row = connection.execute(select(PASSKEYS).where(PASSKEYS.c.id == key_id)).first()
        return _passkey(row) if row else None

    def of(self, person_id: str) -> list[Passkey]:
        """Return the passkeys of a person, oldest first."""
        with self._file.reading() as connection:
            return _of(connection, person_id)

    def used(self, passkey: Passkey, counter: int) -> None:
        """Keep the new counter. Raises PasskeyRefusedError if another request has just used it, or it was removed."""
        is_it = (PASSKEYS.c.id == passkey.id) & (PASSKEYS.c.counter == passkey.counter)
        with self._file.writing() as connection:
            done = connection.execute(update(PASSKEYS).where(is_it).values(counter=counter, used_at=self._clock.now()))
            if not done.rowcount:
                raise PasskeyRefusedError("counter")

    def remove(self, person: Person, key_id: str) -> Passkey | None:
        """Remove one of a person's passkeys and return it. Raises LastWayError if nothing else would sign in."""
        with self._file.writing() as connection:
            own = _of(connection, person.id)
            found = next((passkey for passkey in own if passkey.id == key_id), None)
            if found is None:
                return None
            password = select(PASSWORDS.c.person).where(PASSWORDS.c.person == person.id)
            if len(own) == 1 and connection.execute(password).first() is None:
                raise LastWayError
            connection.execute(delete(PASSKEYS).where(PASSKEYS.c.id == key_id))
        return found

    def remove_all(self, person: Person) -> None:
        """Remove all passkeys of a person, who has just been given another way to sign in."""
        with self._file.writing() as connection:
            connection.execute(delete(PASSKEYS).where(PASSKEYS.c.person == person.id))

    def _insert(self, connection: Connection, passkey: Passkey) -> None:
        values = {name: getattr(passkey, name) for name in Passkey.__slots__}
        try:
            connection.execute(insert(PASSKEYS).values(values))
        except IntegrityError as error:
            raise PasskeyRefusedError("known") from error


def _clean(name: str) -> str:
    return tidy_name(name[:MOST_NAME])


def _of(connection: Connection, person_id: str) -> list[Passkey]:
    own = select(PASSKEYS).where(PASSKEYS.c.person == person_id)
    return [_passkey(row) for row in connection.execute(own.order_by(PASSKEYS.c.made_at, PASSKEYS.c.id))]


def _passkey(row: Any) -> Passkey:
    return Passkey(*(getattr(row, name) for name in Passkey.__slots__))
