"""Sessions: who is signed in, on which device, until when."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, delete, insert, or_, select, update

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.people import person_of
from kb.people.person import Person
from kb.people.secret import hash_of, new_secret
from kb.people.tables import PEOPLE, PERSON, SESSIONS
from kb.viewer import Role

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
TOUCHED = timedelta(minutes=1)  # `seen` is at most this much too old: a write per request would be one too many
GRACE = timedelta(minutes=1)  # for requests that were sent with the secret before a rotation
FRESH = timedelta(minutes=15)  # for what gives a lasting way in: who finds a browser open gets none
ID_BYTES = 8
MOST_DEVICE = 100  # characters


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of one person."""

    id: str  # no secret
    person: Person
    device: str  # browser and system
    way: str  # how the person signed in
    role: Role  # when the secret was made; another one now: the secret is due for rotation
    begun_at: datetime  # UTC
    seen_at: datetime  # UTC, to the minute
    id_token: str = field(default="", repr=False)  # of the provider, for signing out there

    @property
    def is_due_for_rotation(self) -> bool:
        """Whether the person's role changed since the secret was made."""
        return self.role != self.person.role

    def is_fresh(self, now: datetime) -> bool:
        """Whether the person has just signed in."""
        return now - self.begun_at <= FRESH


class Sessions:
    """Begins, finds and ends sessions. A secret leaves this class once; only its SHA-256 is stored."""

    def __init__(self, file: PeopleFile, clock: Clock, idle: timedelta = IDLE, longest: timedelta = LONGEST) -> None:
        self._file = file
        self._clock = clock
        self._idle = idle
        self._longest = longest

    def begin(self, person_id: str, *, device: str, way: str, id_token: str = "") -> str:
        """Begin a session and return the secret for the cookie. Ends sessions that are over."""
        secret, now = new_secret(), self._clock.now()
        with self._file.writing() as connection:
            connection.execute(delete(SESSIONS).where(or_(*self._over(now))))
            role = connection.execute(select(PEOPLE.c.role).where(PEOPLE.c.id == person_id)).scalar_one()
            connection.execute(
                insert(SESSIONS).values(
                    id=secrets.token_hex(ID_BYTES),
                    hash=hash_of(secret),
                    former_hash="",
                    rotated_at=now,
                    role=role,
                    person=person_id,
                    device=device[:MOST_DEVICE],
                    way=way,
                    id_token=id_token,
                    begun_at=now,
                    seen_at=now,
                )
            )
        return secret

    def find(self, secret: str) -> Session | None:
        """Return the session of a secret; None if it is unknown, idle for too long, over, or the person is disabled."""
        if not secret:
            return None
        hashed, now = hash_of(secret), self._clock.now()
        is_former = (SESSIONS.c.former_hash == hashed) & (SESSIONS.c.rotated_at > now - GRACE)
        with self._file.reading() as connection:
            row = connection.execute(self._alive(now).where(or_(SESSIONS.c.hash == hashed, is_former))).first()
        if row is None:
            return None
        session = _session(row)
        if session.seen_at <= now - TOUCHED:
            self._touch(session.id, now)
        return session

    def rotate(self, session: Session) -> str:
        """Return a new secret for a session whose person's role changed; empty if another request has just done so."""
        secret = new_secret()
        values = {"hash": hash_of(secret), "former_hash": SESSIONS.c.hash, "rotated_at": self._clock.now()}
        with self._file.writing() as connection:
            is_due = update(SESSIONS).where(SESSIONS.c.id == session.id, SESSIONS.c.role == session.role)
            done = connection.execute(is_due.values(role=session.person.role, **values))
            return secret if done.rowcount else ""

    def end(self, session_id: str) -> None:
        """End a session, if there is one."""
        with self._file.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.id == session_id))

    def end_all(self, person_id: str, but: str = "") -> None:
        """End all sessions of a person except one."""
        with self._file.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.person == person_id, SESSIONS.c.id != but))

    def of(self, person_id: str) -> list[Session]:
        """Return the sessions of a person, the last seen first."""
        now = self._clock.now()
        with self._file.reading() as connection:
            rows = connection.execute(
                self._alive(now).where(SESSIONS.c.person == person_id).order_by(SESSIONS.c.seen_at.desc())
            )
            return [_session(row) for row in rows]

    def _touch(self, session_id: str, now: datetime) -> None:
        with self._file.writing() as connection:
            connection.execute(update(SESSIONS).where(SESSIONS.c.id == session_id).values(seen_at=now))

    def _alive(self, now: datetime) -> Select[Any]:
        whole = select(*PERSON, *_OWN).join(PEOPLE, PEOPLE.c.id == SESSIONS.c.person)
        return whole.where(
            PEOPLE.c.is_disabled.is_(False),
            SESSIONS.c.seen_at > now - self._idle,
            SESSIONS.c.begun_at > now - self._longest,
        )

    def _over(self, now: datetime) -> tuple[Any, Any]:
        return SESSIONS.c.seen_at <= now - self._idle, SESSIONS.c.begun_at <= now - self._longest


_OWN = [SESSIONS.c[name].label(f"session_{name}") for name in ("id", "device", "way", "role", "begun_at", "seen_at")]
_OWN.append(SESSIONS.c.id_token.label("session_id_token"))


def _session(row: Row[Any]) -> Session:
    return Session(
        row.session_id,
        person_of(row),
        row.session_device,
        row.session_way,
        row.session_role,
        row.session_begun_at,
        row.session_seen_at,
        row.session_id_token,
    )
