"""The in-memory state of a search: passages, their entries, and all vectors for exact scores.

Snapshots are immutable; a sync creates a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.index.balance import Balance, balance_of
from kb.index.brevity import brief_entries
from kb.index.catalog import Catalog
from kb.index.contents import facets_by_entry, names_of, passage_keys, situation_keys
from kb.index.copies import originals_by_entry
from kb.index.embedding import Vectors
from kb.index.filters import entry_numbers, passing
from kb.index.trust import Trust, successors_by_entry, trust_by_entry
from kb.index.vectors import SEARCHED, VectorStore, View

MOST_NEW = 0.1  # share of new entries up to which an incremental update is faster
MOST_STALE = 1.3  # vectors per passage up to which unused ones are carried along

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SituationTable:
    """The situations of all deals, one row per part."""

    numbers: Rows  # entry numbers, ascending
    keys: tuple[str, ...]
    vectors: Vectors  # unit length
    terms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The passages of one generation; `chunk` is an index into these arrays, not a catalogue number."""

    generation: str
    numbers: Rows  # chunk → catalogue number
    entries: Rows  # chunk → catalogue number of its entry
    rows: dict[View, Rows]  # chunk → row of the view's matrix, -1 where a vector is missing
    matrices: dict[View, Vectors]  # float32, unit length
    chunks_of_row: dict[View, tuple[Rows, Rows]]  # chunks sorted by row, and the start of each row
    row_of_key: dict[View, dict[str, int]]
    body_keys: tuple[str, ...]  # row → key, of the bodies
    balance: Balance
    names: dict[str, tuple[int, ...]]  # folded name → entry numbers
    sorted_names: tuple[str, ...]
    facets: dict[int, tuple[tuple[str, str], ...]]  # entry number → (facet, value)
    situations: SituationTable
    trust: dict[int, Trust]  # entry number → trust, if there is any evidence
    successors: dict[int, tuple[int, ...]]  # entry number → those that replace it
    originals: dict[int, int]  # entry number of a copy → that of its original
    brief: frozenset[int]  # entry numbers with next to no text
    lineage: object  # the same as long as rows keep their places in the matrices

    def places(self, numbers: Sequence[int]) -> Rows:
        """Return the chunks with these catalogue numbers, without unknown ones."""
        wanted = np.asarray(numbers, np.int64)
        at = np.searchsorted(self.numbers, wanted)
        at = np.minimum(at, max(len(self.numbers) - 1, 0))
        return at[self.numbers[at] == wanted] if len(self.numbers) else at[:0]

    def rows_of(self, view: View) -> Rows:
        """Return the rows of the vectors its own passages have: a matrix may hold others as well."""
        return own_rows(self.rows[view])

    def chunks_at(self, view: View, rows: Sequence[int]) -> Rows:
        """Return all chunks whose vector is in one of the rows, in row order."""
        order, starts = self.chunks_of_row[view]
        parts = [order[starts[row] : starts[row + 1]] for row in rows]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class _Passages:
    """The fields of a Snapshot that are updated incrementally."""

    numbers: Rows
    entries: Rows
    rows: dict[View, Rows]
    matrices: dict[View, Vectors]
    row_of_key: dict[View, dict[str, int]]
    lineage: object


def take_snapshot(
    catalog: Catalog, store: VectorStore | Snapshot, visible: frozenset[str], before: Snapshot | None = None
) -> Snapshot:
    """Load an index into memory: only published, visible entries, so that nothing else can be found.

    With the previous snapshot only new entries are read: numbers are never reused, and a changed entry gets a new one.
    A part of an index shares the vectors of the whole, whose snapshot is given instead of the store.
    """
    generation = catalog.meta("generation")
    shown = np.array(entry_numbers(catalog, passing((), "", "", visible)), np.int64)
    known = before if before and _is_close(before, shown, store) else None
    passages = _added(catalog, store, shown, known) if known else _all_passages(catalog, store, shown)
    facets, names = _facets(catalog, shown, known), _names(catalog, shown, known)
    inverse: dict[View, tuple[Rows, Rows]] = {}
    for view in SEARCHED:
        rows = passages.rows[view]
        order = np.argsort(rows, kind="stable")
        inverse[view] = (order, np.searchsorted(rows[order], np.arange(len(passages.matrices[view]) + 1)))
    return Snapshot(
        generation=generation,
        numbers=passages.numbers,
        entries=passages.entries,
        rows=passages.rows,
        matrices=passages.matrices,
        chunks_of_row=inverse,
        row_of_key=passages.row_of_key,
        body_keys=tuple(passages.row_of_key["bodies"]),
        balance=balance_of(_languages(passages.entries, facets), passages.rows, passages.matrices),
        names=names,
        sorted_names=tuple(sorted(names)),
        facets=facets,
        situations=_situations(catalog, store, known.situations if known else None),
        trust=trust_by_entry(catalog),
        successors=successors_by_entry(catalog),
        originals=originals_by_entry(catalog),
        brief=_brief(catalog, shown, known),
        lineage=passages.lineage,
    )


def own_rows(rows: Rows) -> Rows:
    """Return each row that occurs, once; a missing vector has none."""
    return np.unique(rows[rows >= 0])


def _is_close(before: Snapshot, shown: Rows, store: VectorStore | Snapshot) -> bool:
    """Whether an incremental update is possible, and faster than a new snapshot."""
    fresh = _fresh(before, shown)
    if isinstance(store, Snapshot):
        return store.lineage is before.lineage and len(fresh) <= len(shown) * MOST_NEW
    stored = max(len(matrix) for matrix in before.matrices.values())
    return len(fresh) <= len(shown) * MOST_NEW and stored <= max(1, len(before.numbers)) * MOST_STALE


def _fresh(before: Snapshot, shown: Rows) -> Rows:
    """Return the entries to read: new ones, and those with a missing vector."""
    lacking = np.logical_or.reduce([before.rows[view] < 0 for view in SEARCHED])
    return np.setdiff1d(shown, np.setdiff1d(before.entries, before.entries[lacking]))


def _all_passages(catalog: Catalog, store: VectorStore | Snapshot, shown: Rows) -> _Passages:
    listed: list[Any] = passage_keys(catalog, shown.tolist())
    rows: dict[View, Rows] = {}
    matrices: dict[View, Vectors] = {}
    row_of_key: dict[View, dict[str, int]] = {}
    for place, view in enumerate(SEARCHED, start=2):
        row_of_key[view], matrices[view] = _all_vectors(store, view)
        rows[view] = np.array([row_of_key[view].get(row[place], -1) for row in listed], np.int64)
    numbers, entries = (np.array([row[place] for row in listed], np.int64) for place in (0, 1))
    lineage = store.lineage if isinstance(store, Snapshot) else object()
    return _Passages(numbers, entries, rows, matrices, row_of_key, lineage)


def _added(catalog: Catalog, store: VectorStore | Snapshot, shown: Rows, before: Snapshot) -> _Passages:
    """Return the previous passages without deleted entries, plus the new ones, by number."""
    fresh = _fresh(before, shown)
    stays = np.isin(before.entries, np.setdiff1d(shown, fresh))
    listed: list[Any] = passage_keys(catalog, fresh.tolist())
    numbers, entries = (np.array([row[place] for row in listed], np.int64) for place in (0, 1))
    order = np.argsort(np.concatenate([before.numbers[stays], numbers]), kind="stable")
    rows: dict[View, Rows] = {}
    matrices: dict[View, Vectors] = {}
    row_of_key: dict[View, dict[str, int]] = {}
    for place, view in enumerate(SEARCHED, start=2):
        keys = [row[place] for row in listed]
        known = (before.row_of_key[view], before.matrices[view])
        row_of_key[view], matrices[view] = _with_vectors(store, view, keys, known)
        found = np.array([row_of_key[view].get(key, -1) for key in keys], np.int64)
        rows[view] = np.concatenate([before.rows[view][stays], found])[order]
    return _Passages(
        numbers=np.concatenate([before.numbers[stays], numbers])[order],
        entries=np.concatenate([before.entries[stays], entries])[order],
        rows=rows,
        matrices=matrices,
        row_of_key=row_of_key,
        lineage=before.lineage,
    )


def _all_vectors(store: VectorStore | Snapshot, view: View) -> tuple[dict[str, int], Vectors]:
    """Return row by key and the matrix of all vectors."""
    if not isinstance(store, Snapshot):
        stored, matrix = store.read_all(view)
    elif view == "situations":
        stored, matrix = list(store.situations.keys), store.situations.vectors
    else:
        return store.row_of_key[view], store.matrices[view]
    return {key: row for row, key in enumerate(stored)}, matrix


def _with_vectors(
    store: VectorStore | Snapshot, view: View, keys: Sequence[str], known: tuple[dict[str, int], Vectors]
) -> tuple[dict[str, int], Vectors]:
    """Return row by key and the matrix, with missing vectors of `keys` added."""
    if isinstance(store, Snapshot):
        return _all_vectors(store, view)
    row_of_key, matrix = known
    fresh = store.read(view, [key for key in dict.fromkeys(keys) if key not in row_of_key])
    if not fresh:
        return known
    added = {key: len(matrix) + place for place, key in enumerate(fresh)}
    rows = np.stack(list(fresh.values()))
    return row_of_key | added, np.concatenate([matrix, rows]) if len(matrix) else rows


def _names(catalog: Catalog, shown: Rows, before: Snapshot | None) -> dict[str, tuple[int, ...]]:
    kept = set(shown.tolist())
    names = dict(before.names) if before else {}
    gone = set(before.entries.tolist()) - kept if before else set()
    if gone:
        left = {name: tuple(n for n in numbers if n not in gone) for name, numbers in names.items()}
        names = {name: numbers for name, numbers in left.items() if numbers}
    fresh = sorted(kept - set(before.entries.tolist())) if before else None
    for name, number in names_of(catalog, fresh):
        if number in kept:
            names[name] = (*names.get(name, ()), number)
    return names


def _brief(catalog: Catalog, shown: Rows, before: Snapshot | None) -> frozenset[int]:
    kept = set(shown.tolist())
    if before is None:
        return brief_entries(catalog) & kept
    return (before.brief & kept) | brief_entries(catalog, sorted(kept - set(before.entries.tolist())))


def _facets(catalog: Catalog, shown: Rows, before: Snapshot | None) -> dict[int, tuple[tuple[str, str], ...]]:
    if before is None:
        return facets_by_entry(catalog)
    fresh = [number for number in shown.tolist() if number not in before.facets]
    return before.facets | facets_by_entry(catalog, fresh) if fresh else before.facets


def _languages(entries: Rows, facets: dict[int, tuple[tuple[str, str], ...]]) -> NDArray[np.str_]:
    """Return the language of each passage."""
    numbers, places = np.unique(entries, return_inverse=True)
    found = [dict(facets.get(number, ())).get("language", "") for number in numbers.tolist()]
    return np.array(found, "U2")[places] if found else np.zeros(0, "U2")


def _situations(catalog: Catalog, store: VectorStore | Snapshot, before: SituationTable | None) -> SituationTable:
    listed = situation_keys(catalog)
    if before is None:
        known = _all_vectors(store, "situations")
    else:
        known = ({key: row for row, key in enumerate(before.keys)}, before.vectors)
    row_of_key, matrix = _with_vectors(store, "situations", [row[1] for row in listed], known)
    found = [(number, key, tuple(terms.split())) for number, key, terms in listed if key in row_of_key]
    return SituationTable(
        numbers=np.array([number for number, _, _ in found], np.int64),
        keys=tuple(key for _, key, _ in found),
        vectors=matrix[[row_of_key[key] for _, key, _ in found]],
        terms=tuple(terms for _, _, terms in found),
    )
