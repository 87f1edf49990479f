"""Read the rows of the catalogue that a snapshot keeps in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, select

from kb.index.catalog import Catalog, in_groups
from kb.index.key_table import Keys, packed
from kb.index.schema import CHUNKS, FACET_VALUES, SITUATIONS
from kb.index.vectors import SEARCHED, View

READ_AT_ONCE = 10_000  # passages
MOST_BY_NUMBER = 2_000  # entries selected by number; beyond this, reading all is faster


@dataclass(frozen=True, slots=True)
class ListedPassages:
    """Passages by number: arrays of the same length."""

    numbers: NDArray[np.int64]
    entries: NDArray[np.int64]
    keys: Mapping[View, Keys]


def listed_passages(catalog: Catalog, numbers: Sequence[int]) -> ListedPassages:
    """Return the passages of some entries."""
    query = select(CHUNKS.c.number, CHUNKS.c.entry, CHUNKS.c.body_key, CHUNKS.c.head_key).order_by(CHUNKS.c.number)
    wanted = np.array(numbers, np.int64)
    parts = [_listed(rows) for rows in portions(catalog, query, CHUNKS.c.entry, numbers)] or [_listed([])]
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    kept = np.flatnonzero(np.isin(joined[1], wanted))
    order = kept[np.argsort(joined[0][kept], kind="stable")]
    found, entries, *keys = (column[order] for column in joined)
    return ListedPassages(found, entries, dict(zip(SEARCHED, keys, strict=True)))


def _listed(rows: Sequence[Any]) -> tuple[NDArray[Any], ...]:
    numbers, entries = (np.array([row[place] for row in rows], np.int64) for place in (0, 1))
    return numbers, entries, *(packed(row[place] for row in rows) for place in (2, 3))


def situation_keys(catalog: Catalog) -> list[tuple[int, str, str]]:
    """Return (entry, key, terms) of every part of the deals' situations, in order."""
    columns = (SITUATIONS.c.entry, SITUATIONS.c.key, SITUATIONS.c.terms)
    with catalog.engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(SITUATIONS.c.entry, SITUATIONS.c.part)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def facets_by_entry(catalog: Catalog, numbers: Sequence[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return (facet, value) pairs by entry number, of some entries."""
    found: dict[int, list[tuple[str, str]]] = {number: [] for number in numbers}
    kept: dict[tuple[str, str], tuple[str, str]] = {}  # most entries share their values, and so memory
    columns = (FACET_VALUES.c.entry, FACET_VALUES.c.field, FACET_VALUES.c.value)
    for rows in portions(catalog, select(*columns), FACET_VALUES.c.entry, numbers):
        for number, field, value in rows:
            if number in found:
                found[number].append(kept.setdefault((field, value), (field, value)))
    return {number: tuple(pairs) for number, pairs in found.items()}


def portions(
    catalog: Catalog, query: Select[Any], column: ColumnElement[Any], numbers: Sequence[int]
) -> Iterator[Sequence[Any]]:
    """Yield the rows of a query for some entries, a few at a time: of all entries where reading all is faster."""
    queries = [query]
    if len(numbers) <= MOST_BY_NUMBER:
        queries = [query.where(column.in_(some)) for some in in_groups(numbers)]
    with catalog.streaming() as connection:
        for some in queries:
            yield from connection.execute(some, execution_options={"yield_per": READ_AT_ONCE}).partitions()
