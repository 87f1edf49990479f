"""Read the rows of the catalogue that a snapshot keeps in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, func, select

from kb.index.catalog import Catalog, in_groups
from kb.index.key_table import WIDTH, Keys, packed
from kb.index.schema import CHUNKS, FACET_VALUES, SITUATIONS
from kb.index.vectors import SEARCHED, View

READ_AT_ONCE = 10_000  # passages
MOST_BY_NUMBER = 2_000  # entries selected by number; beyond this, reading all is faster
_PASSAGE = np.dtype([("number", np.int32), ("entry", np.int32), *((view, f"S{WIDTH}") for view in SEARCHED)])


@dataclass(frozen=True, slots=True)
class ListedPassages:
    """Passages by number: arrays of the same length."""

    numbers: NDArray[np.int32]
    entries: NDArray[np.int32]
    keys: Mapping[View, Keys]


def listed_passages(catalog: Catalog, numbers: Sequence[int]) -> ListedPassages:
    """Return the passages of some entries."""
    query = select(CHUNKS.c.number, CHUNKS.c.entry, CHUNKS.c.body_key, CHUNKS.c.head_key).order_by(CHUNKS.c.number)
    wanted = np.array(numbers, np.int32)
    with catalog.engine.connect() as connection:
        most = 0 if _are_few(numbers) else connection.scalar(select(func.count()).select_from(CHUNKS)) or 0
    table, count = np.empty(most, _PASSAGE), 0  # in one piece, so that its memory is given back
    for rows in portions(catalog, query, CHUNKS.c.entry, numbers):
        found = _listed(rows)
        found = found[np.isin(found["entry"], wanted)]
        if count + len(found) > len(table):
            table = np.concatenate([table[:count], found])
        table[count : count + len(found)] = found
        count += len(found)
    table = table[:count]
    if (table["number"][1:] < table["number"][:-1]).any():
        table = table[np.argsort(table["number"])]
    return ListedPassages(table["number"].copy(), table["entry"].copy(), {view: table[view] for view in SEARCHED})


def _listed(rows: Sequence[Any]) -> NDArray[np.void]:
    table = np.empty(len(rows), _PASSAGE)
    table["number"], table["entry"], bodies, heads = zip(*rows, strict=True)
    table["bodies"], table["heads"] = packed(bodies), packed(heads)
    return table


def situation_keys(catalog: Catalog) -> list[tuple[int, str, str]]:
    """Return (entry, key, terms) of every part of the deals' situations, in order."""
    columns = (SITUATIONS.c.entry, SITUATIONS.c.key, SITUATIONS.c.terms)
    with catalog.engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(SITUATIONS.c.entry, SITUATIONS.c.part)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def facets_by_entry(catalog: Catalog, numbers: Sequence[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return (facet, value) pairs by entry number, of some entries."""
    found: dict[int, list[tuple[str, str]]] = {number: [] for number in numbers}
    kept: dict[tuple[str, str], tuple[str, str]] = {}  # entries share their values, many all of them
    sets: dict[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = {}
    columns = (FACET_VALUES.c.entry, FACET_VALUES.c.field, FACET_VALUES.c.value)
    for rows in portions(catalog, select(*columns), FACET_VALUES.c.entry, numbers):
        for number, field, value in rows:
            if number in found:
                found[number].append(kept.setdefault((field, value), (field, value)))
    return {number: sets.setdefault(pairs := tuple(some), pairs) for number, some in found.items()}


def portions(
    catalog: Catalog, query: Select[Any], column: ColumnElement[Any], numbers: Sequence[int]
) -> Iterator[Sequence[Any]]:
    """Yield the rows of a query for some entries, a few at a time: of all entries where reading all is faster."""
    queries = [query]
    if _are_few(numbers):
        queries = [query.where(column.in_(some)) for some in in_groups(numbers)]
    with catalog.streaming() as connection:
        for some in queries:
            yield from connection.execute(some, execution_options={"yield_per": READ_AT_ONCE}).partitions()


def _are_few(numbers: Sequence[int]) -> bool:
    """Whether entries are selected by their numbers."""
    return len(numbers) <= MOST_BY_NUMBER
