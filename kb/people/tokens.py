"""Tokens for programs: named, limited in what they may do, shown once and kept as a hash."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import insert, select, update

from kb.clock import CLOCK, Clock
from kb.people.errors import BadTokenError, PeopleUnavailableError, PersonNotFoundError, TokenNotFoundError
from kb.people.file import PeopleFile
from kb.people.people import People
from kb.people.person import Person
from kb.people.secret import hash_of, new_secret
from kb.people.tables import TOKENS
from kb.viewer import EVERYTHING, ROLES, Role, Viewer, audiences_of
from kb.wording import say

PREFIX = "kb_"  # so that a token that leaked into a file is recognised
USUAL_DAYS, MOST_DAYS = 90, 365
MOST_NAME = 60  # characters
MOST_TOKENS = 50  # of a person that have not ended
SEEN_EVERY = timedelta(minutes=1)  # how exactly it is known when a token was last used
Scope = Literal["read", "write", "admin"]  # each may do what those before it may
SCOPES: tuple[Scope, ...] = get_args(Scope)
MOST_ROLE: dict[Scope, Role] = {"read": "reader", "write": "editor", "admin": "admin"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without its secret."""

    id: str
    person: str  # whose it is
    name: str
    scope: Scope
    teams: frozenset[str] | None  # None: all of the person's
    made_at: datetime  # UTC
    ends_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def is_alive(self, now: datetime) -> bool:
        """Whether it is neither revoked nor past its end."""
        return self.revoked_at is None and now < self.ends_at


class Tokens:
    """Makes, recognises and revokes tokens."""

    def __init__(self, file: PeopleFile, people: People, clock: Clock = CLOCK) -> None:
        self._file = file
        self._people = people
        self._clock = clock
        self._tried: dict[str, datetime] = {}  # when it was last tried to write a use, by token

    def make(
        self,
        person: Person,
        name: str,
        scope: Scope = "read",
        *,
        teams: Iterable[str] | None = None,
        days: int = USUAL_DAYS,
    ) -> tuple[Token, str]:
        """Make a token for a person; return it with its secret, which nobody sees again. Raises BadTokenError."""
        self._refuse(person, name, scope, days)
        now, secret = self._clock.now(), PREFIX + new_secret()
        limited = None if teams is None else frozenset(teams)
        if limited is not None and (beyond := sorted(_not_of(person, limited))):
            raise BadTokenError(say("{person} is not in the team '{team}'.", person=person.name, team=beyond[0]))
        token = Token(
            secrets.token_hex(6), person.id, name.strip(), scope, limited, now, now + timedelta(days=days), None, None
        )
        with self._file.writing() as connection:
            connection.execute(insert(TOKENS).values(hash=hash_of(secret), **_values(token)))
        return token, secret

    def find(self, secret: str) -> Token | None:
        """Return the living token of a secret, and remember that it was used; None if there is none."""
        if not secret.startswith(PREFIX):
            return None
        with self._file.reading() as connection:
            row = connection.execute(select(TOKENS).where(TOKENS.c.hash == hash_of(secret))).first()
        token = _token(row) if row else None
        now = self._clock.now()
        if token is None or not token.is_alive(now):
            return None
        self._used(token, now)
        return token

    def viewer(self, token: Token) -> Viewer | None:
        """Return the viewer of a token: what it says, and no more than its person may do and see now."""
        try:
            person = self._people.get(token.person)
        except PersonNotFoundError:
            return None
        if person.is_disabled:
            return None
        role = min(person.role, MOST_ROLE[token.scope], key=ROLES.index)
        teams = person.teams if token.teams is None else token.teams - _not_of(person, token.teams)
        return Viewer(person.id, person.name, role, audiences_of(teams), person.names)

    def viewer_of(self, secret: str) -> Viewer | None:
        """Return the viewer of a token's secret; None if it is unknown, ended or revoked, or its person disabled."""
        token = self.find(secret)
        return self.viewer(token) if token else None

    def all(self) -> list[Token]:
        """Return every token, newest first."""
        return self._rows(select(TOKENS))

    def of(self, person: str) -> list[Token]:
        """Return the tokens of a person, newest first."""
        return self._rows(select(TOKENS).where(TOKENS.c.person == person))

    def get(self, token_id: str) -> Token:
        """Return a token. Raises TokenNotFoundError."""
        found = self._rows(select(TOKENS).where(TOKENS.c.id == token_id))
        if not found:
            raise TokenNotFoundError(token_id)
        return found[0]

    def living(self, person: str) -> list[Token]:
        """Return the tokens of a person that work."""
        now = self._clock.now()
        return [token for token in self.of(person) if token.is_alive(now)]

    def revoke_all(self, person: str) -> list[Token]:
        """End all tokens of a person now; return those that worked until then."""
        ended = self.living(person)
        for token in ended:
            self.revoke(token.id)
        return ended

    def revoke(self, token_id: str) -> None:
        """End a token now."""
        living = (TOKENS.c.id == token_id) & TOKENS.c.revoked_at.is_(None)
        with self._file.writing() as connection:
            connection.execute(update(TOKENS).where(living).values(revoked_at=self._clock.now()))

    def _refuse(self, person: Person, name: str, scope: Scope, days: int) -> None:
        if not name.strip() or len(name.strip()) > MOST_NAME or not name.isprintable():
            raise BadTokenError(
                say("Name the token after the program that uses it (1 to {most} characters).", most=MOST_NAME)
            )
        if not 1 <= days <= MOST_DAYS:
            raise BadTokenError(say("A token is valid for 1 to {most} days.", most=MOST_DAYS))
        if person.is_disabled:
            raise BadTokenError(say("'{person}' is disabled.", person=person.name))
        if not _reaches(person.role, scope):
            raise BadTokenError(
                say("{person} has the role '{role}'; a token cannot do more.", person=person.name, role=person.role)
            )
        living = self.living(person.id)
        if len(living) >= MOST_TOKENS:
            raise BadTokenError(
                say("{person} has {most} tokens. Revoke one first.", person=person.name, most=MOST_TOKENS)
            )
        if any(token.name == name.strip() for token in living):
            raise BadTokenError(
                say("{person} already has a token called '{name}'.", person=person.name, name=name.strip())
            )

    def _used(self, token: Token, now: datetime) -> None:
        """Write when a token was last used; a file that cannot be written now stops no request."""
        last = self._tried.get(token.id) or token.used_at
        if last and now - last < SEEN_EVERY:
            return
        self._tried[token.id] = now
        with suppress(PeopleUnavailableError), self._file.writing() as connection:
            connection.execute(update(TOKENS).where(TOKENS.c.id == token.id).values(used_at=now))

    def _rows(self, query: Any) -> list[Token]:
        with self._file.reading() as connection:
            found = connection.execute(query.order_by(TOKENS.c.made_at.desc(), TOKENS.c.id))
            return [_token(row) for row in found]


def scopes_of(role: Role) -> list[Scope]:
    """Return what a token of somebody with a role may be made for."""
    return [scope for scope in SCOPES if _reaches(role, scope)]


def _not_of(person: Person, teams: frozenset[str]) -> frozenset[str]:
    """Return the teams whose entries a person does not see."""
    return frozenset() if EVERYTHING in person.teams else teams - person.teams


def _reaches(role: Role, scope: Scope) -> bool:
    """Whether a scope is of use to somebody with a role."""
    least: dict[Scope, Role] = {"read": "reader", "write": "author", "admin": "admin"}
    return ROLES.index(role) >= ROLES.index(least[scope])


def _values(token: Token) -> dict[str, Any]:
    return {name: getattr(token, name) for name in Token.__slots__}


def _token(row: Any) -> Token:
    return Token(*(getattr(row, name) for name in Token.__slots__))
