"""Word that the index has changed, as processes pass it on through the database: nobody has to ask all the time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from threading import Event
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from kb.shared.database import Database, why_away

CHANNEL = "kachisuji_index"
LOOK_SECONDS = 1.0  # how often it is looked whether the connection still works
log = logging.getLogger(__name__)


class Notices:
    """Hears what other processes tell, and this one. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def heard(self, stop: Event) -> Iterator[bool]:
        """Yield whether somebody has told, at once or after a second, until `stop` is set or the connection is lost.

        The first time it is True: before, nobody listened.
        """
        try:
            with self._database.engine.connect() as connection:
                connection.detach()  # from the pool, where it would be missing
                try:
                    yield from _listening(connection, stop)
                except self._database.engine.dialect.loaded_dbapi.Error as error:
                    connection.invalidate()
                    log.info("Other processes are not heard for now: %s", why_away(error))
        except SQLAlchemyError as error:
            log.info("Other processes are not heard for now: %s", why_away(error))


def tell(connection: Connection) -> None:
    """Tell all processes once the transaction of a connection is committed, and only then."""
    connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


def _listening(connection: Connection, stop: Event) -> Iterator[bool]:
    connection.execute(text(f"LISTEN {CHANNEL}"))
    connection.commit()
    driver: Any = connection.connection.dbapi_connection
    driver.autocommit = True
    yield True
    while not stop.is_set():
        is_told = any(True for _ in driver.notifies(timeout=LOOK_SECONDS, stop_after=1))
        if not is_told:
            driver.execute("SELECT 1")
        yield is_told
