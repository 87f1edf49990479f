"""What each person searched for last, so that what they open is attributed to it whichever process is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, MetaData, String, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert

from kb.clock import CLOCK, Clock
from kb.shared.database import Database
from kb.shared.fleeting import FleetingRows

KEPT = timedelta(hours=1)
LOCK = 7_355_616  # while the table is created
METADATA = MetaData()
RECENT = Table(
    "recent_searches",
    METADATA,
    Column("asker", String, primary_key=True),
    Column("searches", Text, nullable=False),  # JSON
    Column("at", String, nullable=False, index=True),  # UTC, ISO
)


class RecentSearches:
    """Keeps a few searches of each person for an hour. Never an error: what is not attributed is no loss to anybody."""

    def __init__(self, database: Database, clock: Clock = CLOCK) -> None:
        self._rows = FleetingRows(database, METADATA, LOCK)
        self._clock = clock

    def of(self, asker: str) -> list[Any] | None:
        """Return what was last put for a person, none if that is too long ago; None if that cannot be read."""
        since = (self._clock.now() - KEPT).isoformat()
        rows = self._rows.read(select(RECENT.c.searches).where(RECENT.c.asker == asker, RECENT.c.at >= since))
        return None if rows is None else [one for row in rows for one in json.loads(row.searches)]

    def put(self, asker: str, searches: Sequence[Any]) -> None:
        """Keep a person's searches instead of those before."""
        now = self._clock.now()
        values = {"searches": json.dumps(searches, ensure_ascii=True), "at": now.isoformat()}
        row = insert(RECENT).values(asker=asker, **values)
        old = delete(RECENT).where(RECENT.c.at < (now - KEPT).isoformat())
        self._rows.write(row.on_conflict_do_update(index_elements=["asker"], set_=values), old)
