"""What waits to be sent, what was sent, and what each receiver knows: in a file, so that a restart loses nothing."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from kb.clock import Clock
from kb.errors import KBError
from kb.sqlite import use_wal
from kb.wording import say

MOST_WAITING = 1_000  # of a receiver; further ones are skipped
MOST_AT_ONCE = 100  # of a receiver at a time: an import of thousands is no news of thousands
MOST_KEPT = 1_000  # finished ones, for the log
ONLY_OWNER = 0o600
Status = Literal["waiting", "sent", "failed", "skipped"]

METADATA = MetaData()
KNOWN = Table(  # what a receiver knows, in facts of several kinds
    "known",
    METADATA,
    Column("hook", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)
DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),  # the receiver's, to tell repetitions
    Column("hook", String, nullable=False),
    Column("type", String, nullable=False),
    Column("about", String, nullable=False),  # id of an entry, if it is about one
    Column("body", Text, nullable=False),  # emptied when it has been sent
    Column("made_at", String, nullable=False),  # UTC, ISO; likewise below
    Column("due_at", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("why", String, nullable=False),  # of the last failure
    Index("deliveries_by_status", "status", "hook", "number"),
)
AUDIENCE = ""  # as key of a kind: for whom the facts are


class OutboxError(KBError):
    """The outbox cannot be read or written."""

    def __init__(self, error: SQLAlchemyError) -> None:
        why = str(getattr(error, "orig", None) or type(error).__name__)
        super().__init__(say("The outbox of the webhooks cannot be used: {why}", why=why))


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that is sent to a receiver."""

    number: int
    id: str
    hook: str
    type: str
    about: str
    body: str
    made_at: str
    due_at: str
    attempts: int
    status: Status
    why: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent."""

    type: str
    about: str
    body: str


class Outbox:
    """The outbox. Safe with threads and other processes; nothing is created before the first write."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def known(self, hook: str) -> dict[str, tuple[str, dict[str, str]]]:
        """Return the facts a receiver knows, by kind, each with the audience they are for. Raises OutboxError."""
        found: dict[str, tuple[str, dict[str, str]]] = {}
        with self._used() as connection:
            rows = connection.execute(select(KNOWN.c.kind, KNOWN.c.key, KNOWN.c.value).where(KNOWN.c.hook == hook))
            by_kind: dict[str, dict[str, str]] = {}
            for kind, key, value in rows:
                by_kind.setdefault(kind, {})[key] = value
        for kind, facts in by_kind.items():
            audience = facts.pop(AUDIENCE, None)
            if audience is not None:
                found[kind] = audience, facts
        return found

    def keep(self, hook: str, audience: str, facts: Mapping[str, Mapping[str, str]], letters: Sequence[Letter]) -> None:
        """Keep what a receiver knows now together with what it is to be sent. Raises OutboxError."""
        before = self.known(hook)
        with self._used() as connection:
            for kind, now in facts.items():
                _replace(connection, hook, kind, before.get(kind), {AUDIENCE: audience, **now})
            waiting = select(func.count()).where(DELIVERIES.c.hook == hook, DELIVERIES.c.status == "waiting")
            room = max(0, min(MOST_AT_ONCE, MOST_WAITING - (connection.scalar(waiting) or 0)))
            self._put(connection, hook, letters, room)

    def put(self, hook: str, letter: Letter) -> Delivery:
        """Put one more into the outbox, whatever waits. Raises OutboxError."""
        with self._used() as connection:
            self._put(connection, hook, [letter], 1)
            newest = select(DELIVERIES).where(DELIVERIES.c.hook == hook).order_by(DELIVERIES.c.number.desc()).limit(1)
            return Delivery(*connection.execute(newest).one())

    def due(self, hook: str, limit: int) -> list[Delivery]:
        """Return what is to be sent now, oldest first. Raises OutboxError."""
        is_due = DELIVERIES.c.status == "waiting", DELIVERIES.c.hook == hook, DELIVERIES.c.due_at <= self._stamp()
        with self._used() as connection:
            rows = connection.execute(select(DELIVERIES).where(*is_due).order_by(DELIVERIES.c.number).limit(limit))
            return [Delivery(*row) for row in rows]

    def done(self, delivery: Delivery) -> None:
        """Note that something was sent. Raises OutboxError."""
        self._finish(delivery, "sent", "")

    def failed(self, delivery: Delivery, why: str, again_in: timedelta | None) -> None:
        """Note that something could not be sent, and when to try again; None: never. Raises OutboxError."""
        if again_in is None:
            self._finish(delivery, "failed", why)
            return
        values = {"attempts": delivery.attempts + 1, "due_at": self._stamp(again_in), "why": why}
        with self._used() as connection:
            connection.execute(update(DELIVERIES).where(DELIVERIES.c.number == delivery.number).values(**values))

    def newest(self, limit: int) -> list[Delivery]:
        """Return the newest, for the log; none before the first. Raises OutboxError."""
        if not self.path.is_file():
            return []
        with self._used() as connection:
            rows = connection.execute(select(DELIVERIES).order_by(DELIVERIES.c.number.desc()).limit(limit))
            return [Delivery(*row) for row in rows]

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many there are by receiver and status. Raises OutboxError."""
        if not self.path.is_file():
            return {}
        columns = DELIVERIES.c.hook, DELIVERIES.c.status
        with self._used() as connection:
            rows = connection.execute(select(*columns, func.count()).group_by(*columns))
            return {(row[0], row[1]): row[2] for row in rows}

    def forget_others(self, hooks: Sequence[str]) -> None:
        """Forget what receivers know that are gone, and what waits for them. Raises OutboxError."""
        with self._used() as connection:
            connection.execute(delete(KNOWN).where(KNOWN.c.hook.not_in(hooks)))
            waiting = delete(DELIVERIES).where(DELIVERIES.c.status == "waiting")
            connection.execute(waiting.where(DELIVERIES.c.hook.not_in(hooks)))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._engine:
                self._engine.dispose()
                self._engine = None

    def _finish(self, delivery: Delivery, status: Status, why: str) -> None:
        values = {"attempts": delivery.attempts + 1, "status": status, "why": why, "body": "", "due_at": self._stamp()}
        finished = select(DELIVERIES.c.number).where(DELIVERIES.c.status != "waiting")
        kept = finished.order_by(DELIVERIES.c.number.desc()).limit(1).offset(MOST_KEPT).scalar_subquery()
        with self._used() as connection:
            connection.execute(update(DELIVERIES).where(DELIVERIES.c.number == delivery.number).values(**values))
            old = delete(DELIVERIES).where(DELIVERIES.c.status != "waiting", DELIVERIES.c.number <= kept)
            connection.execute(old)

    def _put(self, connection: Connection, hook: str, letters: Sequence[Letter], room: int) -> None:
        """Add rows; of those that find no room only how many they were."""
        now, skipped = self._stamp(), len(letters) - room
        row = {"hook": hook, "made_at": now, "due_at": now, "attempts": 0, "status": "waiting", "why": ""}
        rows = [
            {**row, "id": _new_id(), "type": one.type, "about": one.about, "body": one.body} for one in letters[:room]
        ]
        if skipped > 0:
            lost = {"id": _new_id(), "type": "", "about": "", "body": "", "status": "skipped", "why": str(skipped)}
            rows.append({**row, **lost})
        if rows:
            connection.execute(insert(DELIVERIES), rows)

    def _stamp(self, later: timedelta = timedelta()) -> str:
        return stamp_of(self._clock.now() + later)

    @contextmanager
    def _used(self) -> Iterator[Connection]:
        try:
            with self._opened().begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise OutboxError(error) from error

    def _opened(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch(ONLY_OWNER)
                self._engine = create_engine(f"sqlite:///{self.path}")
                use_wal(self._engine)
                METADATA.create_all(self._engine)
            return self._engine


def stamp_of(at: datetime) -> str:
    """Return a time as it is kept."""
    return at.isoformat(timespec="microseconds")


def _new_id() -> str:
    return f"msg_{secrets.token_hex(12)}"


def _replace(
    connection: Connection, hook: str, kind: str, before: tuple[str, dict[str, str]] | None, now: Mapping[str, str]
) -> None:
    """Write what differs."""
    known: dict[str, Any] = {AUDIENCE: before[0], **before[1]} if before else {}
    gone = [key for key in known if known[key] != now.get(key)]
    for at in range(0, len(gone), 500):
        some = KNOWN.c.key.in_(gone[at : at + 500])
        connection.execute(delete(KNOWN).where(KNOWN.c.hook == hook, KNOWN.c.kind == kind, some))
    fresh = [{"hook": hook, "kind": kind, "key": key, "value": now[key]} for key in now if known.get(key) != now[key]]
    if fresh:
        connection.execute(insert(KNOWN), fresh)
