"""A PostgreSQL database that several servers share: reached through a pool, with a time-out on everything."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, QueuePool, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError, TimeoutError

from kb.errors import BusyError, DatabaseAwayError, IndexNotReadyError, KBError
from kb.shared.pool import BoundedPool, look_after
from kb.shared.welcome import is_refused
from kb.wording import say

POOL, MORE = 10, 20  # connections of a process: kept open, and besides while many ask
OWN_POOL, OWN_MORE = 5, 10  # the same for a pool of its own
REPLACEMENT = "\ufffd"  # for a character that PostgreSQL cannot store
WAIT_SECONDS = 2  # for one of them
CONNECT_SECONDS = 3
UNANSWERED_MS = 10_000  # after which a connection to a machine that is gone is given up
LIMITS = (
    "SET statement_timeout = '15s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s';"
    " SET timezone = 'UTC'"
)
WARN_SECONDS = 10.0  # between two lines of the log that it is away
PAUSE_SECONDS = 1.0  # between two looks whether it is there
OF_CONNECTION = ("08", "28", "3D", "53", "57")  # classes of error codes: connection, sign-in, database, resources
LOCK_NOT_AVAILABLE = "55P03"
NO_TABLE = ("42P01", "3F000")  # there is no such table, or schema
SAVING_LOCK = 7_355_614
LONGEST = 300  # characters of a reason that are shown
log = logging.getLogger(__name__)


class DatabaseSettingError(KBError):
    """The address of the database cannot be used."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a database says of itself."""

    version: str
    encoding: str
    seconds: float  # for one question
    skew: float  # seconds by which its clock is ahead


class DatabaseRefusedError(KBError):
    """The database answers, but not to us: waiting would not help."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            say(
                "The database at {name} refuses this server ({why}). Check KB_DATABASE_URL and the password.",
                name=name,
                why=why,
            )
        )


class Database:
    """One database. Nothing is imported or opened before the first use. Thread-safe."""

    def __init__(
        self, address: str, password: str = "", *, wait: float = WAIT_SECONDS, most: int = POOL + MORE
    ) -> None:
        """Take `postgresql+psycopg://…`, and a password that is not part of it. Raises DatabaseSettingError."""
        self._url = _url(address, password)
        self.name = f"{self._url.host or self._url.query.get('host', 'localhost')}/{self._url.database or ''}"
        self._wait = wait
        self._most = most
        self._looking = threading.Lock()
        self._looked = (float("-inf"), "")  # when, on the monotonic clock, and what was found
        self._warned = float("-inf")
        self._began = 0.0  # the look that is under way

    @cached_property
    def engine(self) -> Engine:
        """The pool of connections. Raises DatabaseSettingError without the driver."""
        return self._opened(min(POOL, self._most), max(0, self._most - POOL))

    def within(self, *schemas: str) -> Engine:
        """Return a pool of its own, whose statements mean the tables of these schemas. Raises DatabaseSettingError.

        Its use raises DatabaseAwayError, BusyError and, where the tables were deleted, IndexNotReadyError instead of
        errors of the driver. PostgreSQL knows no NUL character and no half of a pair of surrogates: where a text has
        one, another character is stored.
        """
        size, most = min(OWN_POOL, self._most), min(OWN_POOL + OWN_MORE, self._most)
        engine = self._opened(size, most - size, BoundedPool)
        event.listen(engine, "connect", partial(_enter, ", ".join(schemas)))
        event.listen(engine, "handle_error", self._said, retval=True)
        return engine

    def _opened(self, size: int, more: int, pool: type[QueuePool] = QueuePool) -> Engine:
        try:
            engine = create_engine(
                self._url,
                poolclass=pool,
                pool_size=size,
                max_overflow=more,
                pool_timeout=self._wait,
                pool_use_lifo=True,  # few connections are used often, instead of all seldom
                connect_args={
                    "connect_timeout": CONNECT_SECONDS,
                    "tcp_user_timeout": UNANSWERED_MS,
                    "application_name": "kachisuji",
                },
            )
        except ModuleNotFoundError as error:
            raise DatabaseSettingError(
                say("The driver for PostgreSQL is missing. Install it: pip install 'kachisuji[postgresql]'.")
            ) from error
        event.listen(engine, "connect", _limit)
        look_after(engine)
        return engine

    def trouble(self) -> str:
        """Return why the database cannot be reached; empty if it can. Asks it at most every second, one at a time."""
        if not self._looking.acquire(blocking=False):
            is_slow = time.monotonic() - self._began > WAIT_SECONDS
            return say("it does not answer") if is_slow else self._looked[1]
        try:
            at, why = self._looked
            self._began = time.monotonic()
            if self._began - at >= PAUSE_SECONDS:
                why = self._asked()
                self._looked = (time.monotonic(), why)
            return why
        finally:
            self._looking.release()

    def need_welcome(self) -> None:
        """Require that a database that answers lets us in; one that is away, starts or is full may do so later.

        Raises DatabaseRefusedError.
        """
        if (why := self._asked()) and is_refused(self._conninfo(), CONNECT_SECONDS):
            raise DatabaseRefusedError(self.name, why)

    def look(self) -> Found:
        """Return what the database says of itself. Raises SQLAlchemyError."""
        with self.engine.connect() as connection:
            started, before = time.perf_counter(), time.time()
            clock = float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
            took = time.perf_counter() - started
            version = str(connection.scalar(text("SHOW server_version")))
            return Found(version, str(connection.scalar(text("SHOW server_encoding"))), took, clock - before - took / 2)

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        if "engine" in self.__dict__:
            self.engine.dispose()

    def _said(self, context: ExceptionContext) -> Exception | None:
        """Return the error that is raised instead of one of the driver; None to leave it as it is."""
        error, state = context.original_exception, getattr(context.original_exception, "sqlstate", None)
        driver = context.dialect.loaded_dbapi
        if state in NO_TABLE:
            return IndexNotReadyError()
        if not isinstance(error, (driver.OperationalError, driver.InterfaceError)):
            return None
        if state == LOCK_NOT_AVAILABLE:
            return BusyError()
        if context.is_disconnect or state is None or state.startswith(OF_CONNECTION):
            if time.monotonic() - self._warned >= WARN_SECONDS:  # not for each request
                self._warned = time.monotonic()
                log.warning("The database cannot be used: %s", why_away(error))
            return DatabaseAwayError()
        return None

    def _conninfo(self) -> str:
        """Return the address as libpq takes it."""
        from psycopg import conninfo  # an optional package

        _, given = self.engine.dialect.create_connect_args(self._url)
        given = {name: value for name, value in given.items() if isinstance(value, (str, int))}
        return conninfo.make_conninfo("", **{**given, "connect_timeout": CONNECT_SECONDS})

    def _asked(self) -> str:
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            return why_away(error)
        return ""


def take_turn(connection: Connection, number: int) -> None:
    """Wait until no other process holds the lock of this number; it is held until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


@contextmanager
def alone(database: Database, number: int) -> Iterator[None]:
    """Do something that no other server does meanwhile; while the database is away, without that certainty.

    Raises BusyError if another server takes long, or all connections are in use.
    """
    held = ExitStack()
    try:
        take_turn(held.enter_context(database.engine.connect()), number)
    except SQLAlchemyError as error:
        if is_locked(error) or isinstance(error, TimeoutError):
            held.close()
            raise BusyError from error
        log.warning("Other servers cannot be kept from saving: %s", why_away(error))
    try:
        yield
    finally:
        try:
            held.close()
        except SQLAlchemyError as error:  # what was done is done, and must not be done again
            log.warning("The database was lost during a save: %s", why_away(error))


def is_locked(error: SQLAlchemyError) -> bool:
    """Whether a lock was waited for too long."""
    return getattr(getattr(error, "orig", None), "sqlstate", "") == LOCK_NOT_AVAILABLE


def why_shown(error: Exception) -> str:
    """Return what people may read of an error: where a database is, and as whom it is asked, stands only in the log."""
    driver, state = getattr(error, "orig", None), getattr(getattr(error, "orig", None), "sqlstate", None)
    if type(driver).__module__.startswith("psycopg") and (state is None or state[:2] in OF_CONNECTION):
        return say("it cannot be reached; the log of the server says why")
    return why_away(error)


def why_away(error: Exception) -> str:
    """Return the first line of what a driver says, for logs and operators."""
    said = str(getattr(error, "orig", None) or error) or type(error).__name__
    return said.splitlines()[0][:LONGEST]


def _url(address: str, password: str) -> URL:
    """Read an address, and never quote it: it may hold a password."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise DatabaseSettingError(
            say("KB_DATABASE_URL must be an address such as postgresql+psycopg://kb@127.0.0.1/kb.")
        )
    url = url.set(drivername="postgresql+psycopg")
    return url.set(password=password) if password else url


def _limit(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LIMITS)
    connection.commit()


def _enter(schemas: str, connection: Any, _record: Any) -> None:
    """Prepare a connection of `within`."""
    from psycopg.types.string import StrDumperUnknown  # an optional package

    class AnyText(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            clean = obj.replace("\0", REPLACEMENT)
            return super().dump(clean if clean.isascii() else clean.encode("utf-8", "replace").decode())

    connection.adapters.register_dumper(str, AnyText)
    with connection.cursor() as cursor:
        cursor.execute(f'SET search_path = {schemas}, "$user", public')
    connection.commit()
