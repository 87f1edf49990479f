"""Leases: of several servers, one does what should be done once."""

from __future__ import annotations

import secrets

from sqlalchemy import text

from kb.shared.database import Database, take_turn

LOCK = 7_355_613  # while the table is created
_TABLE = text(
    "CREATE TABLE IF NOT EXISTS leases (name text PRIMARY KEY, holder text NOT NULL, until timestamptz NOT NULL)"
)
_TAKE = text(
    "INSERT INTO leases VALUES (:name, :holder, clock_timestamp() + make_interval(secs => :seconds))"
    " ON CONFLICT (name) DO UPDATE SET holder = :holder, until = excluded.until"
    " WHERE leases.holder = :holder OR leases.until < clock_timestamp() RETURNING name"
)


class Leases:
    """What this process may do and no other, by the clock of the database. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = secrets.token_hex(8)

    def take(self, name: str, seconds: float) -> bool:
        """Take or prolong a lease; return False if another server has it. Raises SQLAlchemyError."""
        with self._database.engine.begin() as connection:
            take_turn(connection, LOCK)
            connection.execute(_TABLE)
            values = {"name": name, "holder": self._holder, "seconds": float(seconds)}
            return connection.scalar(_TAKE, values) is not None
