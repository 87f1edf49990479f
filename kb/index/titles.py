"""Lists of titles for pickers, without loading the entries."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from kb.index.catalog import Catalog
from kb.index.filters import has
from kb.index.schema import ENTRIES, FACET_VALUES


@dataclass(frozen=True, slots=True)
class Title:
    """The id and title of an entry."""

    id: str
    title: str
    outcome: str  # empty if none


def newest_titles(catalog: Catalog, condition: ColumnElement[bool], limit: int) -> list[Title]:
    """Return the titles of the entries that match a condition, newest first, in one query."""
    columns = select(ENTRIES.c.id, ENTRIES.c.title, FACET_VALUES.c.value)
    query = columns.outerjoin(FACET_VALUES, has(FACET_VALUES, "outcome", ENTRIES.c.number))
    newest = query.where(condition).order_by(ENTRIES.c.sort_date.desc(), ENTRIES.c.id).limit(limit)
    with catalog.engine.connect() as connection:
        return [Title(row[0], row[1], row[2] or "") for row in connection.execute(newest)]
