"""Charts that one process has drawn, or is drawing, for the pages of all."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import Column, MetaData, String, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from kb.clock import CLOCK, Clock
from kb.shared.database import Database, take_turn, why_away

KEPT = timedelta(days=1)
LOCK = 7_355_617  # while the table is created
METADATA = MetaData()
PICTURES = Table(
    "pictures",
    METADATA,
    Column("key", String, primary_key=True),
    Column("wide", Text, nullable=False),  # SVG, as is the next; both empty while it is drawn
    Column("narrow", Text, nullable=False),
    Column("at", String, nullable=False, index=True),  # UTC, ISO
)
log = logging.getLogger(__name__)


class SharedPictures:
    """Pictures by key, for a day. Never an error: whoever needs one can draw it."""

    def __init__(self, database: Database, clock: Clock = CLOCK) -> None:
        self._database = database
        self._clock = clock
        self._is_ready = False

    def find(self, key: str) -> tuple[str, str] | None:
        """Return a chart for wide and for narrow screens, both empty while it is drawn; None if nobody draws it."""
        if self._database.trouble():  # nobody waits for it again and again
            return None
        try:
            self._prepare()
            with self._database.engine.connect() as connection:
                row = connection.execute(
                    select(PICTURES.c.wide, PICTURES.c.narrow).where(PICTURES.c.key == key)
                ).first()
        except SQLAlchemyError as error:
            self._log(error)
            return None
        return (row.wide, row.narrow) if row else None

    def keep(self, key: str, wide: str = "", narrow: str = "") -> None:
        """Keep a picture; without one, say that it is being drawn."""
        now = self._clock.now()
        values = {"wide": wide, "narrow": narrow, "at": now.isoformat()}
        row = insert(PICTURES).values(key=key, **values)
        update = row.on_conflict_do_update(index_elements=["key"], set_=values)
        if self._database.trouble():
            return
        try:
            self._prepare()
            with self._database.engine.begin() as connection:
                connection.execute(update if wide else row.on_conflict_do_nothing())
                connection.execute(delete(PICTURES).where(PICTURES.c.at < (now - KEPT).isoformat()))
        except SQLAlchemyError as error:
            self._log(error)

    def _prepare(self) -> None:
        if not self._is_ready:
            with self._database.engine.begin() as connection:
                take_turn(connection, LOCK)
                METADATA.create_all(connection)
            self._is_ready = True

    def _log(self, error: SQLAlchemyError) -> None:
        log.info("Pictures are known to this process only: %s", why_away(error))
