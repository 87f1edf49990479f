"""Charts that one process has drawn, or is drawing, for the pages of all."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Column, MetaData, String, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert

from kb.clock import CLOCK, Clock
from kb.shared.database import Database
from kb.shared.fleeting import FleetingRows

KEPT = timedelta(days=1)
PATIENCE = timedelta(minutes=1)  # with a process that draws; it may have ended
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


class SharedPictures:
    """Pictures by key, for a day. Never an error: whoever needs one can draw it."""

    def __init__(self, database: Database, clock: Clock = CLOCK) -> None:
        self._rows = FleetingRows(database, METADATA, LOCK)
        self._clock = clock

    def find(self, key: str) -> tuple[str, str] | None:
        """Return a chart for wide and for narrow screens, both empty while it is drawn; None if nobody draws it."""
        late = (self._clock.now() - PATIENCE).isoformat()
        is_alive = (PICTURES.c.wide != "") | (PICTURES.c.at >= late)
        rows = self._rows.read(select(PICTURES.c.wide, PICTURES.c.narrow).where(PICTURES.c.key == key, is_alive))
        return (rows[0].wide, rows[0].narrow) if rows else None

    def keep(self, key: str, wide: str = "", narrow: str = "") -> None:
        """Keep a picture; without one, say that it is being drawn."""
        now = self._clock.now()
        values = {"wide": wide, "narrow": narrow, "at": now.isoformat()}
        row = insert(PICTURES).values(key=key, **values)
        drawn = None if wide else PICTURES.c.wide == ""
        update = row.on_conflict_do_update(index_elements=["key"], set_=values, where=drawn)
        self._rows.write(update, delete(PICTURES).where(PICTURES.c.at < (now - KEPT).isoformat()))

    def give_up(self, key: str) -> None:
        """Say that a picture could not be drawn here: the next who needs it tries again."""
        self._rows.write(delete(PICTURES).where(PICTURES.c.key == key, PICTURES.c.wide == ""))
