"""Lists of titles for pickers, without loading the entries."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select

from kb.index.catalog import Catalog
from kb.index.schema import ENTRIES, FACET_VALUES


@dataclass(frozen=True, slots=True)
class Title:
    """The id and title of an entry."""

    id: str
    title: str
    outcome: str  # empty if none


def newest_titles(catalog: Catalog, condition: ColumnElement[bool], limit: int) -> list[Title]:
    """Return the titles of the entries that match a condition, newest first, in one query."""
    has_outcome = and_(FACET_VALUES.c.entry == ENTRIES.c.number, FACET_VALUES.c.field == "outcome")
    query = select(ENTRIES.c.id, ENTRIES.c.title, FACET_VALUES.c.value).outerjoin(FACET_VALUES, has_outcome)
    newest = query.where(condition).order_by(ENTRIES.c.sort_date.desc(), ENTRIES.c.id).limit(limit)
    with catalog.engine.connect() as connection:
        return [Title(row[0], row[1], row[2] or "") for row in connection.execute(newest)]
