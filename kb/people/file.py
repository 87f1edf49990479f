"""Where people are kept: in a file, readable by its owner only, or in a database that servers share."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from kb.clock import CLOCK
from kb.people.errors import PeopleUnavailableError
from kb.people.tables import ATTEMPTS, BEGUN, FEEDS, LINKS, METADATA, SESSIONS, TOKENS
from kb.shared.database import Database, take_turn, why_away, why_shown
from kb.shared.transfer import transfer
from kb.sqlite import use_wal
from kb.wording import say

VERSION = 1  # of the tables; an older program refuses a newer file
WAIT_MS = 5_000  # for another writer
ONLY_OWNER = 0o600
LOCK = 7_355_609  # in a database: who holds it alone may write
log = logging.getLogger(__name__)


VERSIONS = Table("people_version", MetaData(), Column("number", Integer, primary_key=True))  # in a database


class PeopleFile:
    """One SQLite file, or one database, that several processes may use. Nothing is created before the first use."""

    def __init__(self, path: Path, database: Database | None = None) -> None:
        """Use the file; with a `database`, that instead."""
        self.path = path
        self._database = database
        self._waits = database is not None  # with what servers of the version before could not read
        self._lock = threading.Lock()
        self._is_ready = False
        self._logged = ""

    @property
    def is_shared(self) -> bool:
        """Whether it is a database that servers share."""
        return self._database is not None

    @property
    def exists(self) -> bool:
        """Whether there may be something to read."""
        return self.is_shared or self.path.is_file()

    @property
    def engine(self) -> Engine:
        """The opened file, with all tables. Raises PeopleUnavailableError."""
        with self._lock:
            if not self._is_ready:
                self._prepare()
                self._is_ready = True
            return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection to read. Raises PeopleUnavailableError."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a connection that alone may write, until the end of the block; an error undoes all of it.

        Raises PeopleUnavailableError; an IntegrityError passes through.
        """
        try:
            with self.engine.begin() as connection:
                self._take_turn(connection)
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    def hold_still(self, connection: Connection) -> None:
        """Let a connection, which has read nothing yet, see one state however long it reads."""
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ" if self.is_shared else "BEGIN")

    def take_over(self, other: PeopleFile) -> int:
        """Copy everything another one holds into this empty one; return the number of rows.

        Raises PeopleUnavailableError, NotEmptyError.
        """
        with other.reading() as source, self.writing() as target:
            other.hold_still(source)
            return transfer(METADATA.sorted_tables, source, target)

    def copy_to(self, place: Path) -> bool:
        """Copy what a backup keeps, while others write; False if there is nothing.

        Sessions, links and addresses of feeds stay behind, and tokens are revoked: what is ended later must not come
        back with a restore.

        Raises PeopleUnavailableError.
        """
        if not self.exists:
            return False
        try:
            self._copy_all(place)
            copy = create_engine(f"sqlite:///{place}", isolation_level="AUTOCOMMIT")
            with copy.connect() as connection:
                for table in (SESSIONS, LINKS, ATTEMPTS, BEGUN, FEEDS):
                    connection.execute(delete(table))
                living = TOKENS.c.revoked_at.is_(None)
                connection.execute(update(TOKENS).where(living).values(revoked_at=CLOCK.now()))
                connection.exec_driver_sql("PRAGMA journal_mode=DELETE")  # all of it in one file
                connection.exec_driver_sql("VACUUM")  # else what was deleted could still be read
            copy.dispose()
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error
        return True

    def migrate(self) -> None:
        """Bring the tables up to date, also where servers of the version before could not read them any more.

        Raises PeopleUnavailableError.
        """
        self._waits = False
        with self.writing():
            pass

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._is_ready:
                self._engine.dispose()

    def _unavailable(self, error: Exception) -> PeopleUnavailableError:
        """Return what people see of an error; where it is another one than before, log the rest."""
        why, shown = why_away(error), why_shown(error)
        if shown != why and why != self._logged:
            log.warning("The database of people cannot be used: %s", why)
        self._logged = why
        return PeopleUnavailableError(shown)

    def _copy_all(self, place: Path) -> None:
        if self._database:
            copy = PeopleFile(place)
            copy.take_over(self)
            copy.close()
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(place),))

    def _take_turn(self, connection: Connection) -> None:
        if self._database:
            take_turn(connection, LOCK)
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    @cached_property
    def _engine(self) -> Engine:
        if self._database:
            return self._database.engine
        engine = create_engine(f"sqlite:///{self.path}")
        use_wal(engine, WAIT_MS)
        return engine

    def _prepare(self) -> None:
        try:
            if self._database is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch(ONLY_OWNER)
                self.path.chmod(ONLY_OWNER)  # its -wal and -shm get the same mode
            with self._engine.begin() as connection:
                self._take_turn(connection)
                version = self._version(connection)
                if version is not None and version > VERSION:
                    raise PeopleUnavailableError(say("it was written by a newer version of the program; update it"))
                if self._waits and version is not None and version < VERSION:
                    raise PeopleUnavailableError(
                        say(
                            "its tables are of an older version."
                            " Stop the servers of that version, then run 'kb migrate'"
                        )
                    )
                METADATA.create_all(connection)
                self._stamp(connection)
        except (SQLAlchemyError, OSError) as error:
            raise self._unavailable(error) from error

    def _version(self, connection: Connection) -> int | None:
        """Return the version of the tables; None in a new database."""
        if self._database is None:
            return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        VERSIONS.create(connection, checkfirst=True)
        found = connection.scalar(select(func.max(VERSIONS.c.number)))
        return None if found is None else int(found)

    def _stamp(self, connection: Connection) -> None:
        if self._database is None:
            connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
        elif self._version(connection) != VERSION:
            connection.execute(insert(VERSIONS).values(number=VERSION))
