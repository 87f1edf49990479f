"""What each person searched for last, so that what they open is attributed to it whichever process is asked."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, MetaData, String, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from kb.clock import CLOCK, Clock
from kb.shared.database import Database, take_turn, why_away

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
log = logging.getLogger(__name__)


class RecentSearches:
    """Keeps a few searches of each person for an hour. Never an error: what is not attributed is no loss to anybody."""

    def __init__(self, database: Database, clock: Clock = CLOCK) -> None:
        self._database = database
        self._clock = clock
        self._is_ready = False

    def of(self, asker: str) -> list[Any] | None:
        """Return what was last put for a person, none if that is too long ago; None if that cannot be read."""
        since = (self._clock.now() - KEPT).isoformat()
        row = select(RECENT.c.searches).where(RECENT.c.asker == asker, RECENT.c.at >= since)
        if self._database.trouble():  # nobody waits for it again and again
            return None
        try:
            self._prepare()
            with self._database.engine.connect() as connection:
                found = connection.scalar(row)
        except SQLAlchemyError as error:
            self._log(error)
            return None
        return list(json.loads(found)) if found else []

    def put(self, asker: str, searches: Sequence[Any]) -> None:
        """Keep a person's searches instead of those before."""
        now = self._clock.now()
        values = {"searches": json.dumps(searches, ensure_ascii=True), "at": now.isoformat()}
        row = insert(RECENT).values(asker=asker, **values)
        if self._database.trouble():
            return
        try:
            self._prepare()
            with self._database.engine.begin() as connection:
                connection.execute(row.on_conflict_do_update(index_elements=["asker"], set_=values))
                connection.execute(delete(RECENT).where(RECENT.c.at < (now - KEPT).isoformat()))
        except SQLAlchemyError as error:
            self._log(error)

    def _prepare(self) -> None:
        if not self._is_ready:
            with self._database.engine.begin() as connection:
                take_turn(connection, LOCK)
                METADATA.create_all(connection)
            self._is_ready = True

    def _log(self, error: SQLAlchemyError) -> None:
        log.info("The last searches are known to this process only: %s", why_away(error))
