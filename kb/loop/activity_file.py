"""The activity database, a file or one that servers share: buffered writes, explicit ones, and reads.

Separate from the index, so that a rebuild never touches it. A search never waits for it or fails because of it: events
that cannot be written are buffered in memory and written later. Explicit user actions are either written or rejected.
Opening a file of an earlier version migrates it. Reading a file whose schema does not match raises ActivitySchemaError,
so that it never looks like an empty log.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Executable, create_engine
from sqlalchemy.exc import SQLAlchemyError

from kb.errors import ActivitySchemaError, ActivityUnavailableError, ActivityVersionError
from kb.loop.dialect import copy, is_wrong_schema, keep_copy
from kb.loop.schema import STEPS, need_columns, version_of
from kb.loop.tables import METADATA
from kb.shared.database import Database, why_away, why_shown
from kb.shared.transfer import transfer
from kb.sqlite import use_wal

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_MS = 1_500  # for another writer, on explicit user actions
REPORTED_FAILURES = 2  # in a row, before users are warned
SHORT_MS = 20  # for another writer, during a search
LIMIT = "busy_timeout"  # of a connection, as it was set last
PAUSE_SECONDS = 2.0  # after a failure of a database, during which no search waits for it
MOST_WAITING = 10_000  # buffered events while the database cannot be written
Event = tuple[Executable, Mapping[str, Any]]  # a statement with its values
log = logging.getLogger(__name__)


class ActivityFile:
    """One SQLite file, or one database, that may be unusable for a while. Safe with threads and other processes."""

    def __init__(self, path: Path, steps: Path = STEPS, database: Database | None = None) -> None:
        """Open or create the file; with a `database`, use that instead."""
        self.path = path
        self._database = database
        self._waits = database is not None  # with steps that servers of the version before could not read
        self._steps = steps
        self._paused_until = 0.0  # of buffered events, on the monotonic clock
        self._waiting: deque[Event] = deque(maxlen=MOST_WAITING)
        self._lock = threading.Lock()
        self._ready = False
        self.trouble = ""  # why nothing can be written; empty if all is well
        self._failures = 0  # in a row
        self._misfit = False  # whether the cause is the schema
        self._engine = database.engine if database else create_engine(f"sqlite:///{path}")
        if database:
            return
        use_wal(self._engine, WAIT_MS)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._failed(error)

    @property
    def exists(self) -> bool:
        """Whether there may be something to read."""
        return self._database is not None or self.path.is_file()

    def take_over(self, other: ActivityFile) -> int:
        """Copy everything another one holds into this empty one; return the number of rows.

        Raises ActivityUnavailableError, ActivitySchemaError, NotEmptyError.
        """
        with other._writing() as source, self._writing() as target:  # migrates both
            if other._database:  # one state of all tables, while others write
                source.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return transfer(METADATA.sorted_tables, source, target)

    def migrate(self) -> None:
        """Bring the tables up to date, also where servers of the version before could not read them any more.

        Raises ActivityUnavailableError, ActivitySchemaError.
        """
        self._waits = False
        with self._writing():
            pass

    def copy_to(self, place: Path) -> bool:
        """Copy the current database while others write; False if there is none.

        Raises ActivityUnavailableError if it is damaged.
        """
        if not self.exists:
            return False
        try:
            self._copy_all(place)
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

    def _later(self, statements: Sequence[Executable | Event]) -> None:
        """Write now, or with the next event. What every search writes is an event: its statement is made once."""
        with self._lock:
            self._waiting.extend(one if isinstance(one, tuple) else (one, {}) for one in statements)
            if time.monotonic() < self._paused_until:
                return
            try:
                self._prepare(SHORT_MS)
                with self._engine.begin() as connection:
                    self._limit(connection, SHORT_MS)
                    for statement, values in self._waiting:
                        connection.execute(statement, values)
                self._waiting.clear()
                self.trouble, self._failures, self._misfit = "", 0, False
            except (SQLAlchemyError, OSError, ActivitySchemaError) as error:
                self._failed(error)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            self._prepare(WAIT_MS)
            with self._engine.begin() as connection:
                self._limit(connection, WAIT_MS)
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
            self._limit(connection, wait_ms)
            version = version_of(connection, self._steps)
            if version.is_current and (version.is_stamped or is_reading):
                need_columns(connection)
            else:
                from kb.loop.migrations.upgrading import upgrade  # Alembic is slow to import

                upgrade(connection, self._keep_copy, self._steps, waits=self._waits)
        self._ready = True

    def _limit(self, connection: Connection, wait_ms: int) -> None:
        """Wait no longer for other writers of the file; a database has limits of its own."""
        if self._database is None and connection.info.get(LIMIT) != wait_ms:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={wait_ms}")
            connection.info[LIMIT] = wait_ms

    def _keep_copy(self, name: str) -> None:
        if self._database is None:  # whose operators back it up before an upgrade
            keep_copy(self._engine, self.path, name)

    def _copy_all(self, place: Path) -> None:
        if self._database is None:
            copy(self._engine, place)
            return
        into = ActivityFile(place, self._steps)
        into.take_over(self)
        into.close()

    def _failed(self, error: Exception) -> ActivitySchemaError | ActivityUnavailableError:
        """Record a failure; return it as the error to report."""
        why, logged = why_shown(error), why_away(error)
        if is_wrong_schema(error):
            error = ActivitySchemaError(why)
        if isinstance(error, ActivityVersionError) and self._database is None:  # which no other server will update
            error = ActivitySchemaError(error.why)
        self._misfit = isinstance(error, ActivitySchemaError)
        known = error if isinstance(error, ActivitySchemaError) else ActivityUnavailableError(why)
        why = known.sentence if self._misfit else why
        if why != self.trouble:
            logged = why if self._misfit else logged
            name = self._database.name if self._database else self.path
            log.warning("The activity database %s cannot be used: %s", name, logged)
        self.trouble = why
        self._failures += 1
        if self._database is None:
            self._engine.dispose()  # a file opened read-only or damaged stays so until reopened
        else:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
        self._ready = False
        return known
