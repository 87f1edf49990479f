"""Rows whose loss harms nobody: while the database is away none is read or written, and nobody waits for it twice."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, MetaData
from sqlalchemy.exc import SQLAlchemyError

from kb.shared.database import Database, take_turn, why_away

log = logging.getLogger(__name__)


class FleetingRows:
    """Some tables of a shared database, created before their first use. Thread-safe, and never an error."""

    def __init__(self, database: Database, metadata: MetaData, lock: int) -> None:
        """`lock` is the number of the turn in which the tables are created."""
        self._database = database
        self._metadata = metadata
        self._lock = lock
        self._is_ready = False

    def read(self, query: Executable) -> Sequence[Any] | None:
        """Return the rows of a query; None if they cannot be read."""
        return self._done(query)

    def write(self, *statements: Executable) -> None:
        """Run statements in one transaction."""
        self._done(*statements)

    def _done(self, *statements: Executable) -> Sequence[Any] | None:
        if self._database.trouble():
            return None
        try:
            self._prepare()
            with self._database.engine.begin() as connection:
                results = [connection.execute(statement) for statement in statements]
                return results[0].all() if results[0].returns_rows else None
        except SQLAlchemyError as error:
            log.info("%s: this process is on its own: %s", ", ".join(self._metadata.tables), why_away(error))
            return None

    def _prepare(self) -> None:
        if not self._is_ready:
            with self._database.engine.begin() as connection:
                take_turn(connection, self._lock)
                self._metadata.create_all(connection)
            self._is_ready = True
