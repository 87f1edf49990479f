"""The connections to a database that are kept open."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Engine, QueuePool, event
from sqlalchemy.exc import InvalidatePoolError, TimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from kb.errors import BusyError

FRESH_SECONDS = 0.2  # after its use a connection is taken to live: no database starts again that soon
RETURNED = "returned"  # when, on the monotonic clock


class BoundedPool(QueuePool):
    """A pool that says in our words that all connections are in use."""

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return super()._do_get()
        except TimeoutError as error:
            raise BusyError from error


def look_after(engine: Engine, rested: float = FRESH_SECONDS) -> None:
    """Ask a connection that `rested` so many seconds whether it lives, so that no request meets a dead one.

    After a restart of the database all are. SQLAlchemy's own `pool_pre_ping` asks each time, and a search takes eight
    connections one after the other.
    """

    @event.listens_for(engine, "checkin")
    def _note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[RETURNED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _check(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        now = time.monotonic()
        if now - record.info.get(RETURNED, now) <= rested:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
