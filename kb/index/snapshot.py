"""What a search holds in memory: which passage belongs to which entry, and every vector for exact scores.

A snapshot never changes; a sync makes a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from kb.index import selection
from kb.index.catalog import Catalog
from kb.index.embedding import Vectors
from kb.index.schema import CHUNKS, ENTRIES, NAMES, SITUATIONS
from kb.index.vectors import SEARCHED, VectorStore, View

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Situated:
    """What is told of deals, a row a part."""

    numbers: Rows  # entry numbers, rising
    vectors: Vectors  # unit length
    terms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The passages of one generation; `chunk` below is a place in these arrays, not a number in the catalogue."""

    generation: str
    numbers: Rows  # chunk → catalogue number
    entries: Rows  # chunk → catalogue number of its entry
    rows: dict[View, Rows]  # chunk → row of the view's matrix, -1 where a vector is missing
    matrices: dict[View, Vectors]  # float32, unit length
    chunks_of_row: dict[View, tuple[Rows, Rows]]  # chunks sorted by row, and where each row begins
    row_of_key: dict[View, dict[str, int]]
    names: dict[str, tuple[int, ...]]  # folded name → entry numbers
    facets: dict[int, tuple[tuple[str, str], ...]]  # entry number → (facet, value)
    situations: Situated
    trust: dict[int, selection.Trust]  # entry number → what speaks for or against it, where anything does

    def places(self, numbers: Sequence[int]) -> Rows:
        """Return the chunks with these catalogue numbers; unknown ones are left out."""
        wanted = np.asarray(numbers, np.int64)
        at = np.searchsorted(self.numbers, wanted)
        at = np.minimum(at, max(len(self.numbers) - 1, 0))
        return at[self.numbers[at] == wanted] if len(self.numbers) else at[:0]

    def chunks_at(self, view: View, rows: Sequence[int]) -> Rows:
        """Return all chunks whose vector lies in one of the rows, in the order of the rows."""
        order, starts = self.chunks_of_row[view]
        parts = [order[starts[row] : starts[row + 1]] for row in rows]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def take_snapshot(catalog: Catalog, store: VectorStore, visible: frozenset[str]) -> Snapshot:
    """Read the state of an index into memory: only what is published and visible, so nothing else can be found."""
    generation = catalog.meta("generation")
    with catalog.engine.connect() as connection:
        columns = (CHUNKS.c.number, CHUNKS.c.entry, CHUNKS.c.body_key, CHUNKS.c.head_key)
        # Drafts and archived entries stay readable by address and out of every answer.
        published = select(*columns).join(ENTRIES, ENTRIES.c.number == CHUNKS.c.entry)
        listed: list[Any] = list(
            connection.execute(published.where(selection.passing((), "", "", visible)).order_by(CHUNKS.c.number))
        )
        names: dict[str, tuple[int, ...]] = {}
        for name, number in connection.execute(select(NAMES.c.name, NAMES.c.entry)):
            names[name] = (*names.get(name, ()), number)
    keys: dict[View, list[str]] = {"bodies": [row[2] for row in listed], "heads": [row[3] for row in listed]}
    rows: dict[View, Rows] = {}
    matrices: dict[View, Vectors] = {}
    row_of_key: dict[View, dict[str, int]] = {}
    inverse: dict[View, tuple[Rows, Rows]] = {}
    for view in SEARCHED:
        stored, matrices[view] = store.read_all(view)
        row_of_key[view] = {key: row for row, key in enumerate(stored)}
        rows[view] = np.array([row_of_key[view].get(key, -1) for key in keys[view]], np.int64)
        order = np.argsort(rows[view], kind="stable")
        inverse[view] = (order, np.searchsorted(rows[view][order], np.arange(len(stored) + 1)))
    numbers = np.array([row[0] for row in listed], np.int64)
    return Snapshot(
        generation=generation,
        numbers=numbers,
        entries=np.array([row[1] for row in listed], np.int64),
        rows=rows,
        matrices=matrices,
        chunks_of_row=inverse,
        row_of_key=row_of_key,
        names=names,
        facets=selection.facets_by_entry(catalog),
        situations=_situations(catalog, store),
        trust=selection.trust_by_entry(catalog),
    )


def _situations(catalog: Catalog, store: VectorStore) -> Situated:
    stored, matrix = store.read_all("situations")
    row_of_key = {key: row for row, key in enumerate(stored)}
    columns = (SITUATIONS.c.entry, SITUATIONS.c.key, SITUATIONS.c.terms)
    with catalog.engine.connect() as connection:
        listed = connection.execute(select(*columns).order_by(SITUATIONS.c.entry, SITUATIONS.c.part)).all()
    found = [(number, row_of_key[key], tuple(terms.split())) for number, key, terms in listed if key in row_of_key]
    numbers = np.array([number for number, _, _ in found], np.int64)
    return Situated(numbers, matrix[[row for _, row, _ in found]], tuple(terms for _, _, terms in found))
