"""Passwords: long ones, kept as Argon2 hashes, and checked in the same time for people who do not exist."""

from __future__ import annotations

import re
import unicodedata
from typing import Protocol

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite takes it as well

from kb.clock import Clock
from kb.people.errors import WeakPasswordError
from kb.people.file import PeopleFile
from kb.people.person import Person
from kb.people.secret import new_secret
from kb.people.tables import LINKS, PASSWORDS
from kb.wording import say

SHORTEST, LONGEST = 12, 256  # characters
FEW = 5  # different characters: fewer are a pattern
COMMON = (  # what most guessed passwords are made of, without digits and signs
    "password", "passwort", "pass", "qwertyuiop", "qwerty", "asdfghjkl", "zxcvbnm", "qazwsx", "letmein", "welcome",
    "iloveyou", "admin", "administrator", "secret", "abcdefghijklmnopqrstuvwxyz", "abcdef", "abc", "changeme", "hello",
    "test", "user", "login", "kachisuji", "sakura", "himitsu", "pasuwado", "company",
)  # fmt: skip
_LOOKALIKES = str.maketrans("013457$@!", "oleastsai")
_ENDS = re.compile(r"^[^a-z]+|[^a-z]+$")
_PLAIN = re.compile(r"[^a-z]")
_RUNS = ("01234567890123456789", "98765432109876543210", "1q2w3e4r5t6y7u8i9o0p")


class Hasher(Protocol):
    """Makes hashes that are hard to guess from, and says whether a password belongs to one."""

    def hash(self, password: str) -> str:
        """Return the hash of a password."""
        ...

    def verify(self, password: str, stored: str, /) -> bool:
        """Whether a hash is that of a password."""
        ...


class Passwords:
    """Sets and checks passwords."""

    def __init__(self, file: PeopleFile, clock: Clock, hasher: Hasher | None = None) -> None:
        """`hasher` is Argon2 with what it is recommended to cost, unless another one is given."""
        self._file = file
        self._clock = clock
        self._hasher = hasher or PasswordHash((Argon2Hasher(),))
        self._nobodys = ""  # a hash that no password has

    def set(self, person: Person, password: str) -> None:
        """Set a person's password; a link that was not used dies with the former one. Raises WeakPasswordError."""
        kept = normal(password)
        refuse_weak(kept, person)
        values = {"person": person.id, "hash": self._hasher.hash(kept), "changed_at": self._clock.now()}
        with self._file.writing() as connection:
            changed = {name: values[name] for name in ("hash", "changed_at")}
            statement = insert(PASSWORDS).values(values)
            connection.execute(statement.on_conflict_do_update(index_elements=["person"], set_=changed))
            connection.execute(delete(LINKS).where(LINKS.c.person == person.id))

    def is_right(self, person: Person | None, password: str) -> bool:
        """Whether a password is a person's. Takes as long for nobody, and for a person without a password."""
        if not self._nobodys:
            self._nobodys = self._hasher.hash(new_secret())
        stored = self._hash_of(person) if person else ""
        is_right = self._hasher.verify(normal(password[: LONGEST * 2]), stored or self._nobodys)
        return is_right and bool(stored)

    def has(self, person: Person) -> bool:
        """Whether a person has a password."""
        return bool(self._hash_of(person))

    def _hash_of(self, person: Person) -> str:
        with self._file.reading() as connection:
            return connection.execute(select(PASSWORDS.c.hash).where(PASSWORDS.c.person == person.id)).scalar() or ""


def normal(password: str) -> str:
    """Return a password as it is hashed: the same on every keyboard, also with full-width characters."""
    return unicodedata.normalize("NFKC", password)


def refuse_weak(password: str, person: Person) -> None:
    """Raise WeakPasswordError for what is short, or among the first that anybody would try."""
    if len(password) < SHORTEST:
        raise WeakPasswordError(say("The password needs at least {least} characters.", least=SHORTEST))
    if len(password) > LONGEST:
        raise WeakPasswordError(say("The password may have at most {most} characters.", most=LONGEST))
    if _is_common(password.casefold(), person):
        raise WeakPasswordError(
            say("This password is easy to guess. Choose four words that have nothing to do with each other.")
        )


def _is_common(password: str, person: Person) -> bool:
    if len(set(password)) < FEW or any(run in password * 2 or password in run * 2 for run in _RUNS):
        return True
    core = _ENDS.sub("", password)
    letters = _PLAIN.sub("", core.translate(_LOOKALIKES)), _PLAIN.sub("", core)
    own = [_PLAIN.sub("", part) for part in (*re.split(r"[@.]", person.address), *person.name.casefold().split())]
    known = "|".join(sorted(map(re.escape, (*COMMON, *filter(None, own))), key=len, reverse=True))
    # `*+`: nothing is split a second way, which would take for ever where one's own words contain each other
    return any(re.fullmatch(f"(?:{known})*+", text) is not None for text in letters if text) or password.isdecimal()
