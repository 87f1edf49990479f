"""Read the rows of the catalogue that a snapshot keeps in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from kb.index.catalog import Catalog, in_groups
from kb.index.schema import CHUNKS, FACET_VALUES, NAMES, SITUATIONS

MOST_BY_NUMBER = 2_000  # entries selected by number; beyond this, reading all is faster


def passage_keys(catalog: Catalog, numbers: Sequence[int]) -> list[Any]:
    """Return (number, entry, body key, head key) of the passages of some entries, by number."""
    query = select(CHUNKS.c.number, CHUNKS.c.entry, CHUNKS.c.body_key, CHUNKS.c.head_key)
    wanted = set(numbers)
    some = None if len(wanted) > MOST_BY_NUMBER else numbers
    rows = _rows_of(catalog, query, CHUNKS.c.entry, some)
    return sorted((row[0], row[1], row[2], row[3]) for row in rows if row[1] in wanted)


def situation_keys(catalog: Catalog) -> list[tuple[int, str, str]]:
    """Return (entry, key, terms) of every part of the deals' situations, in order."""
    columns = (SITUATIONS.c.entry, SITUATIONS.c.key, SITUATIONS.c.terms)
    with catalog.engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(SITUATIONS.c.entry, SITUATIONS.c.part)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def facets_by_entry(catalog: Catalog, numbers: Sequence[int] | None = None) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return (facet, value) pairs by entry number: of some entries, or of all."""
    found: dict[int, list[tuple[str, str]]] = {}
    columns = (FACET_VALUES.c.entry, FACET_VALUES.c.field, FACET_VALUES.c.value)
    for number, field, value in _rows_of(catalog, select(*columns), FACET_VALUES.c.entry, numbers):
        found.setdefault(number, []).append((field, value))
    return {number: tuple(pairs) for number, pairs in found.items()}


def names_of(catalog: Catalog, numbers: Sequence[int] | None) -> list[tuple[str, int]]:
    """Return (folded name, entry) of some entries, or of all."""
    query = select(NAMES.c.name, NAMES.c.entry)
    return [(row[0], row[1]) for row in _rows_of(catalog, query, NAMES.c.entry, numbers)]


def _rows_of(
    catalog: Catalog, query: Select[Any], column: ColumnElement[Any], numbers: Sequence[int] | None
) -> list[Any]:
    """Return the rows of a query whose column is one of `numbers`; all rows for None."""
    with catalog.engine.connect() as connection:
        if numbers is None:
            return list(connection.execute(query).all())
        groups = (query.where(column.in_(some)) for some in in_groups(numbers))
        return [row for group in groups for row in connection.execute(group).all()]
