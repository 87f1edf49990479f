"""The file of the database of people: opened on first use, readable by its owner only."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, delete, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from kb.clock import CLOCK
from kb.people.errors import PeopleUnavailableError
from kb.people.tables import ATTEMPTS, BEGUN, FEEDS, LINKS, METADATA, SESSIONS, TOKENS
from kb.sqlite import use_wal
from kb.wording import say

VERSION = 1  # of the tables; an older program refuses a newer file
WAIT_MS = 5_000  # for another writer
ONLY_OWNER = 0o600


class PeopleFile:
    """One SQLite file that several processes may use. Nothing is created before the first use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._is_ready = False

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
            raise PeopleUnavailableError(_why(error)) from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a connection that alone may write, until the end of the block; an error undoes all of it.

        Raises PeopleUnavailableError; an IntegrityError passes through.
        """
        try:
            with self.engine.begin() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise PeopleUnavailableError(_why(error)) from error

    def copy_to(self, place: Path) -> bool:
        """Copy what a backup keeps, while others write; False if there is nothing.

        Sessions, links and addresses of feeds stay behind, and tokens are revoked: what is ended later must not come
        back with a restore.

        Raises PeopleUnavailableError.
        """
        if not self.path.is_file():
            return False
        try:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM INTO ?", (str(place),))
            copy = create_engine(f"sqlite:///{place}", isolation_level="AUTOCOMMIT")
            with copy.connect() as connection:
                for table in (SESSIONS, LINKS, ATTEMPTS, BEGUN, FEEDS):
                    connection.execute(delete(table))
                living = TOKENS.c.revoked_at.is_(None)
                connection.execute(update(TOKENS).where(living).values(revoked_at=CLOCK.now()))
                connection.exec_driver_sql("VACUUM")  # else what was deleted could still be read
            copy.dispose()
        except SQLAlchemyError as error:
            raise PeopleUnavailableError(_why(error)) from error
        return True

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._is_ready:
                self._engine.dispose()

    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(f"sqlite:///{self.path}")
        use_wal(engine, WAIT_MS)
        return engine

    def _prepare(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(ONLY_OWNER)
            self.path.chmod(ONLY_OWNER)  # its -wal and -shm get the same mode
            with self._engine.begin() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
                if version > VERSION:
                    raise PeopleUnavailableError(say("it was written by a newer version of the program; update it"))
                METADATA.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
        except (SQLAlchemyError, OSError) as error:
            raise PeopleUnavailableError(_why(error)) from error


def _why(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error)
