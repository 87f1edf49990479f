"""What differs between database systems in the activity database: settings, locks, copies and error codes."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

MIGRATION_LOCK = 7_355_608  # any number no other program takes in the same PostgreSQL database


def prepare(engine: Engine, wait_ms: int) -> None:
    """Let many write at once, and make a commit survive a killed process."""

    @event.listens_for(engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={wait_ms}", "journal_mode=WAL", "synchronous=NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def readonly_engine(file: Path) -> Engine:
    """Return an engine that changes nothing and makes no file."""
    address = f"{file.absolute().as_uri()}?mode=ro"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True))


def lock(connection: Connection) -> None:
    """Begin a transaction beside which no other process can migrate."""
    if connection.dialect.name == "sqlite":  # whose driver begins none before a CREATE or ALTER
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")


def copy(engine: Engine, place: Path) -> None:
    """Copy all that is committed into a new file, while others write."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(place),))


def keep_copy(engine: Engine, file: Path, name: str) -> Path:
    """Copy a database beside its file, never over an earlier copy; return where it is. The caller holds the lock."""
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
    """Whether a statement failed because a table or column is not there, not because the file cannot be used."""
    code = getattr(error.orig, "sqlite_errorcode", None) if isinstance(error, DBAPIError) else None
    return code == sqlite3.SQLITE_ERROR
