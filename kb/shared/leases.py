"""Leases: of several servers, one does what should be done once.

Each take-over gives the lease a higher number. Work that was paused, and whose lease went to another server meanwhile,
finds another number in the database than its own, and must not write (a "fencing number").
"""

from __future__ import annotations

import logging
import secrets
import threading

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from kb.shared.database import Database, is_locked, take_turn, why_away

LOCK = 7_355_613  # while the table is created
BEATS = 3  # how often a turn is prolonged within its time
PATIENCE = "200ms"  # for a row that its holder is just writing
_IS_READY = text("SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('leases') AND attname = 'number'")
_TABLE = text(
    "CREATE TABLE IF NOT EXISTS leases (name text PRIMARY KEY, holder text NOT NULL, until timestamptz NOT NULL)"
)
_NUMBERED = text("ALTER TABLE leases ADD COLUMN IF NOT EXISTS number bigint NOT NULL DEFAULT 1")
_TAKE = text(
    "INSERT INTO leases VALUES (:name, :holder, clock_timestamp() + make_interval(secs => :seconds))"
    " ON CONFLICT (name) DO UPDATE SET holder = :holder, until = excluded.until,"
    " number = leases.number + CASE WHEN leases.holder = :holder THEN 0 ELSE 1 END"
    " WHERE leases.holder = :holder OR leases.until < clock_timestamp() RETURNING number"
)
_PROLONG = text(
    "UPDATE leases SET until = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE name = :name AND number = :number"
)
_IS_HELD = text("SELECT 1 FROM leases WHERE name = :name AND number = :number FOR UPDATE")
log = logging.getLogger(__name__)


class Turn:
    """A lease that one piece of work has until it ends; prolonged meanwhile, as long as this process runs."""

    def __init__(self, database: Database, name: str, number: int, seconds: float) -> None:
        self.number = number
        self._database = database
        self._values = {"name": name, "number": number}
        self._seconds = float(seconds)
        self._ended = threading.Event()
        self._beat = threading.Thread(target=self._keep, name=f"lease-{name}", daemon=True)
        self._beat.start()

    def is_held(self, connection: Connection) -> bool:
        """Whether nobody has taken over; until the end of the transaction, nobody can. Raises SQLAlchemyError."""
        return connection.scalar(_IS_HELD, self._values) is not None

    def end(self) -> None:
        """Give the lease back; while the database is away it ends by itself."""
        self._ended.set()
        self._beat.join()
        try:
            self._prolong(0.0)
        except SQLAlchemyError as error:
            log.warning("The lease '%s' could not be given back: %s", self._values["name"], why_away(error))

    def _keep(self) -> None:
        while not self._ended.wait(self._seconds / BEATS):
            try:
                self._prolong(self._seconds)
            except SQLAlchemyError as error:
                if not is_locked(error):  # by the transaction that has just made sure of it
                    log.warning("The lease '%s' could not be prolonged: %s", self._values["name"], why_away(error))

    def _prolong(self, seconds: float) -> None:
        with self._database.engine.begin() as connection:
            connection.execute(_PROLONG, {**self._values, "seconds": seconds})


class Leases:
    """What this process may do and no other, by the clock of the database. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = secrets.token_hex(8)
        self._is_ready = False

    def take(self, name: str, seconds: float) -> int:
        """Take or prolong a lease; return its fencing number, 0 if another server has it. Raises SQLAlchemyError."""
        return self._taken(name, self._holder, seconds)

    def share(self, name: str, seconds: float) -> None:
        """Prolong a lease that servers hold together: it ends when none prolongs it. Raises SQLAlchemyError."""
        self._taken(name, name, seconds)

    def turn(self, name: str, seconds: float) -> Turn | None:
        """Take a lease that nobody has, also no other work of this process. Raises SQLAlchemyError."""
        number = self._taken(name, secrets.token_hex(8), seconds)
        return Turn(self._database, name, number, seconds) if number else None

    def _taken(self, name: str, holder: str, seconds: float) -> int:
        self._prepare()
        values = {"name": name, "holder": holder, "seconds": float(seconds)}
        try:
            with self._database.engine.begin() as connection:
                connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
                return int(connection.scalar(_TAKE, values) or 0)
        except SQLAlchemyError as error:
            if is_locked(error):
                return 0
            raise

    def _prepare(self) -> None:
        if self._is_ready:
            return
        with self._database.engine.begin() as connection:
            if not connection.scalar(_IS_READY):
                take_turn(connection, LOCK)
                connection.execute(_TABLE)
                connection.execute(_NUMBERED)
        self._is_ready = True
