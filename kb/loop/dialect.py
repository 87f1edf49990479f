"""What differs between database systems in the activity database: locks, copies and error codes."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError

MISSING = ("42P01", "42703")  # a table, a column: as PostgreSQL says it
MIGRATION_LOCK = 7_355_608  # arbitrary, but unique in the PostgreSQL database


def readonly_engine(file: Path) -> Engine:
    """Return a read-only engine that creates no file."""
    address = f"{file.absolute().as_uri()}?mode=ro"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True))


def lock(connection: Connection) -> None:
    """Begin a transaction that blocks other processes from migrating."""
    if connection.dialect.name == "sqlite":  # whose driver begins none before CREATE or ALTER
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")


def copy(engine: Engine, place: Path) -> None:
    """Copy all committed data into a new file, while others write."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(place),))


def keep_copy(engine: Engine, file: Path, name: str) -> Path:
    """Copy a database next to its file, keeping earlier copies; return the path. The caller holds the lock."""
    unfinished = file.with_name(f"{file.name}.{name}.unfinished")
    unfinished.unlink(missing_ok=True)
    copy(engine, unfinished)
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    place, number = file.with_name(f"{file.name}.{name}"), 1
    while place.exists():
        number += 1
        place = file.with_name(f"{file.name}.{name}-{number}")
    return unfinished.rename(place)


def is_wrong_schema(error: Exception) -> bool:
    """Whether a statement failed for a missing table or column, not for an unusable file."""
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_ERROR or getattr(error.orig, "sqlstate", None) in MISSING
