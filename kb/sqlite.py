"""How our SQLite files are opened."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event


def use_wal(engine: Engine, wait_ms: int = 10_000) -> None:
    """Let readers continue during writes, and make commits survive a killed process; writers wait `wait_ms`."""

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={wait_ms}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
