"""Entries with next to no text: their vectors are near to every question, so they say little."""

from __future__ import annotations

from sqlalchemy import func, select

from kb.index.catalog import Catalog
from kb.index.schema import CHUNKS

LEAST_TEXT = 8  # characters; the shortest sentence worth saying has more


def brief_entries(catalog: Catalog) -> frozenset[int]:
    """Return the numbers of the entries whose whole text is a few characters; those without any go by their fields."""
    length = func.sum(func.length(CHUNKS.c.plain))
    query = select(CHUNKS.c.entry).group_by(CHUNKS.c.entry).having(length > 0, length < LEAST_TEXT)
    with catalog.engine.connect() as connection:
        return frozenset(connection.scalars(query))
