"""Which files changed, as the server that noticed tells the others: a network drive announces nothing."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from kb.clock import CLOCK, Clock
from kb.shared.database import Database, take_turn, why_away

KEPT = timedelta(hours=1)
MOST = 1_000  # paths at a time; with more, others compare all files
LOCK = 7_355_612  # numbers become visible in their order
ANY = ""  # a path that stands for all of them
METADATA = MetaData()
CHANGES = Table(
    "changes",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("path", Text, nullable=False),
    Column("at", String, nullable=False, index=True),  # UTC, ISO
)
log = logging.getLogger(__name__)


class Changes:
    """Notes changed paths for other servers, and returns what others noted. Used by one thread at a time."""

    def __init__(self, database: Database, clock: Clock = CLOCK) -> None:
        self._database = database
        self._clock = clock
        self._last: int | None = None  # number that was returned last; None: not looked yet

    def note(self, paths: Collection[str]) -> None:
        """Tell the other servers. Never an error: they compare all files now and then."""
        now = self._clock.now()
        try:
            with self._database.engine.begin() as connection:
                number = self._newest(connection)
                rows = [ANY] if len(paths) > MOST else sorted(paths)
                values = [
                    {"number": number + at, "path": path, "at": now.isoformat()} for at, path in enumerate(rows, 1)
                ]
                connection.execute(insert(CHANGES), values)
                old = CHANGES.c.at < (now - KEPT).isoformat()
                connection.execute(delete(CHANGES).where(old, CHANGES.c.number <= number))
        except SQLAlchemyError as error:
            log.warning("Other servers were not told of changed files: %s", why_away(error))

    def taken(self) -> frozenset[str] | None:
        """Return the paths noted since the last call, also our own; None if it may be any. Raises SQLAlchemyError."""
        with self._database.engine.begin() as connection:
            newest = self._newest(connection) if self._last is None else self._last
            last, self._last = self._last, newest
            if last is None:  # a server that starts compares all files
                return frozenset()
            found = connection.execute(select(CHANGES).where(CHANGES.c.number > last).order_by(CHANGES.c.number)).all()
        if not found:
            return frozenset()
        self._last = found[-1].number
        paths = frozenset(row.path for row in found)
        return None if ANY in paths or found[0].number > last + 1 else paths

    def _newest(self, connection: Connection) -> int:
        take_turn(connection, LOCK)
        METADATA.create_all(connection)
        return int(connection.scalar(select(func.max(CHANGES.c.number))) or 0)
