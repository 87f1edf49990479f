"""The file of the activity database: buffered writes, explicit ones, and reads.

Separate from the index, so that a rebuild never touches it. A search never waits for it or fails because of it: events
that cannot be written are buffered in memory and written later. Explicit user actions are either written or rejected.
Opening a file of an earlier version migrates it. Reading a file whose schema does not match raises ActivitySchemaError,
so that it never looks like an empty log.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Executable, create_engine
from sqlalchemy.exc import SQLAlchemyError

from kb.errors import ActivitySchemaError, ActivityUnavailableError
from kb.loop.dialect import copy, is_wrong_schema, keep_copy
from kb.loop.schema import STEPS, need_columns, version_of
from kb.sqlite import use_wal

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_MS = 1_500  # for another writer, on explicit user actions
REPORTED_FAILURES = 2  # in a row, before users are warned
SHORT_MS = 20  # for another writer, during a search
MOST_WAITING = 10_000  # buffered events while the database cannot be written
log = logging.getLogger(__name__)


class ActivityFile:
    """One SQLite file that may be locked, damaged or read-only for a while. Safe with threads and other processes."""

    def __init__(self, path: Path, steps: Path = STEPS) -> None:
        """Open or create the file."""
        self.path = path
        self._steps = steps
        self._waiting: deque[Executable] = deque(maxlen=MOST_WAITING)
        self._lock = threading.Lock()
        self._ready = False
        self.trouble = ""  # why nothing can be written; empty if all is well
        self._failures = 0  # in a row
        self._misfit = False  # whether the cause is the schema
        self._engine = create_engine(f"sqlite:///{path}")
        use_wal(self._engine, WAIT_MS)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._failed(error)

    def copy_to(self, place: Path) -> bool:
        """Copy the current database while others write; False if there is none.

        Raises ActivityUnavailableError if it is damaged.
        """
        if not self.path.is_file():
            return False
        try:
            copy(self._engine, place)
        except (SQLAlchemyError, OSError) as error:
            self._failed(error)
            raise ActivityUnavailableError(self.trouble) from error
        return True

    @property
    def is_failing(self) -> bool:
        """Whether writing fails persistently, or the schema does not match."""
        return self._failures >= REPORTED_FAILURES or self._misfit

    def close(self) -> None:
        """Write buffered events and close the file."""
        self._later([])
        self._engine.dispose()

    def _later(self, statements: Sequence[Executable]) -> None:
        """Write now, or with the next event."""
        with self._lock:
            self._waiting.extend(statements)
            try:
                self._prepare(SHORT_MS)
                with self._engine.begin() as connection:
                    connection.exec_driver_sql(f"PRAGMA busy_timeout={SHORT_MS}")
                    for statement in self._waiting:
                        connection.execute(statement)
                self._waiting.clear()
                self.trouble, self._failures, self._misfit = "", 0, False
            except (SQLAlchemyError, OSError, ActivitySchemaError) as error:
                self._failed(error)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            self._prepare(WAIT_MS)
            with self._engine.begin() as connection:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={WAIT_MS}")
                yield connection
        except (SQLAlchemyError, OSError, ActivitySchemaError) as error:
            raise self._failed(error) from error

    def _rows(self, query: Executable) -> list[Any]:
        """Return rows; none if the file cannot be read. Raises ActivitySchemaError."""
        try:
            self._prepare(WAIT_MS, is_reading=True)
            with self._engine.connect() as connection:
                return list(connection.execute(query).all())
        except (SQLAlchemyError, OSError, ActivitySchemaError) as error:
            failure = self._failed(error)
            if isinstance(failure, ActivitySchemaError):
                raise failure from error
            return []

    def _rows_or_none(self, query: Executable) -> list[Any]:
        """Return rows for a page that can do without them."""
        try:
            return self._rows(query)
        except ActivitySchemaError:
            return []

    def _prepare(self, wait_ms: int, *, is_reading: bool = False) -> None:
        """Migrate the file; a current one that is only read need not be stamped."""
        if self._ready:
            return
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={wait_ms}")
            version = version_of(connection, self._steps)
            if version.is_current and (version.is_stamped or is_reading):
                need_columns(connection)
            else:
                from kb.loop.migrations.upgrading import upgrade  # Alembic is slow to import

                upgrade(connection, lambda name: keep_copy(self._engine, self.path, name), self._steps)
        self._ready = True

    def _failed(self, error: Exception) -> ActivitySchemaError | ActivityUnavailableError:
        """Record a failure; return it as the error to report."""
        why = str(getattr(error, "orig", None) or error)
        if is_wrong_schema(error):
            error = ActivitySchemaError(why)
        self._misfit = isinstance(error, ActivitySchemaError)
        known = error if isinstance(error, ActivitySchemaError) else ActivityUnavailableError(why)
        why = known.sentence if self._misfit else why
        if why != self.trouble:
            log.warning("The activity database %s cannot be used: %s", self.path, why)
        self.trouble = why
        self._failures += 1
        self._engine.dispose()  # a file opened read-only or damaged stays so until reopened
        self._ready = False
        return known
