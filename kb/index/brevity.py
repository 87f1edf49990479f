"""Entries with next to no text: their vectors are near to every question, so they say little."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from kb.index.catalog import Catalog, in_groups
from kb.index.schema import CHUNKS

LEAST_TEXT = 8  # characters; the shortest sentence worth saying has more


def brief_entries(catalog: Catalog, among: Sequence[int] | None = None) -> frozenset[int]:
    """Return the numbers of the entries whose whole text is a few characters; those without any go by their fields.

    Reads the texts of all entries, or of those `among` them.
    """
    length = func.sum(func.length(CHUNKS.c.plain))
    query = select(CHUNKS.c.entry).group_by(CHUNKS.c.entry).having(length > 0, length < LEAST_TEXT)
    queries = [query] if among is None else [query.where(CHUNKS.c.entry.in_(some)) for some in in_groups(among)]
    with catalog.engine.connect() as connection:
        return frozenset(number for one in queries for number in connection.scalars(one))
