"""Requests with an idempotency key that any server of a knowledge base may get again."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import SQLAlchemyError

from kb.clock import CLOCK, Clock
from kb.errors import BusyError
from kb.shared.database import Database, is_locked, take_turn, why_away

T = TypeVar("T")
KEPT = timedelta(hours=24)
LOCK = 7_355_610  # while the table is created
METADATA = MetaData()
REQUESTS = Table(
    "requests",
    METADATA,
    Column("key", String, primary_key=True),  # SHA-256, as is the content
    Column("content", String, nullable=False),
    Column("result", Text, nullable=False),
    Column("at", String, nullable=False, index=True),  # UTC, ISO
)
BEGUN = Table(  # what a server was about to do for a key, in case it ends before it can say what it did
    "requests_begun",
    METADATA,
    Column("key", String, primary_key=True),
    Column("content", String, nullable=False),
    Column("plan", Text, nullable=False),
    Column("at", String, nullable=False, index=True),
)
Note = Callable[[str], None]  # keeps a plan, before anything is done
log = logging.getLogger(__name__)


class SharedRequests(Generic[T]):
    """Remembers the results of keys in the database. Thread-safe."""

    def __init__(
        self, database: Database, to_text: Callable[[T], str], from_text: Callable[[str], T], clock: Clock = CLOCK
    ) -> None:
        self._database = database
        self._to_text = to_text
        self._from_text = from_text
        self._clock = clock
        self._is_ready = False

    def run(
        self, key: str, content: str, work: Callable[[Note], T], settle: Callable[[str], T | None]
    ) -> tuple[T, bool]:
        """Return the result of `work`, and True; for a known key its earlier result, and whether for the same content.

        `work` notes what it is about to do. If a server ended before the result was kept, the next one has its plan
        settled: to what it did all the same, or None. Who comes with a key that is being worked on waits for it. While
        the database is away the work is done all the same: a save is worth more than the promise not to do it twice.
        Raises BusyError if another server takes long.
        """
        key, content = _hash(key), _hash(content)
        done: list[T] = []
        try:
            return self._run(key, content, work, settle, done)
        except SQLAlchemyError as error:
            if is_locked(error):
                raise BusyError from error
            log.warning("An idempotency key could not be kept: %s", why_away(error))
            return (done[0] if done else work(_forget)), True

    def _run(
        self, key: str, content: str, work: Callable[[Note], T], settle: Callable[[str], T | None], done: list[T]
    ) -> tuple[T, bool]:
        self._prepare()
        with self._database.engine.begin() as connection:
            take_turn(connection, int.from_bytes(bytes.fromhex(key[:16]), signed=True))
            known = connection.execute(select(REQUESTS).where(REQUESTS.c.key == key)).first()
            if known:
                return self._from_text(known.result), known.content == content
            begun = connection.execute(select(BEGUN).where(BEGUN.c.key == key)).first()
            result = settle(begun.plan) if begun else None
            if begun and result is not None:
                content, is_same = begun.content, begun.content == content
            else:
                result, is_same = work(lambda plan: self._begin(key, content, plan)), True
            done.append(result)
            self._keep(connection, key, content, result)
        return result, is_same

    def _keep(self, connection: Connection, key: str, content: str, result: T) -> None:
        now = self._clock.now()
        row = {"key": key, "content": content, "result": self._to_text(result), "at": now.isoformat()}
        connection.execute(insert(REQUESTS).values(row))
        connection.execute(delete(REQUESTS).where(REQUESTS.c.at < (now - KEPT).isoformat()))
        connection.execute(delete(BEGUN).where((BEGUN.c.key == key) | (BEGUN.c.at < (now - KEPT).isoformat())))

    def _begin(self, key: str, content: str, plan: str) -> None:
        """Keep a plan at once, whatever becomes of the work."""
        row = {"content": content, "plan": plan, "at": self._clock.now().isoformat()}
        with self._database.engine.begin() as connection:
            added = upsert(BEGUN).values(key=key, **row).on_conflict_do_update(index_elements=["key"], set_=row)
            connection.execute(added)

    def _prepare(self) -> None:
        if not self._is_ready:
            with self._database.engine.begin() as connection:
                take_turn(connection, LOCK)
                METADATA.create_all(connection)
            self._is_ready = True


def _forget(_plan: str) -> None:
    """Keep no plan."""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
