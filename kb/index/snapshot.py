"""The in-memory state of a search: passages, their entries, and all vectors.

Snapshots are immutable; a sync creates a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.index.balance import Balance, balance_of, languages_of
from kb.index.brevity import brief_entries
from kb.index.catalog import Catalog
from kb.index.contents import ListedPassages, facets_by_entry, listed_passages, situation_keys
from kb.index.copies import originals_by_entry
from kb.index.embedding import Vectors
from kb.index.filters import entry_numbers, passing
from kb.index.key_table import Keys, KeyTable, packed, unpacked
from kb.index.matrix import Matrix, Rows, matrix_of
from kb.index.names import NO_NAMES, Names, names_of
from kb.index.trust import Trust, successors_by_entry, trust_by_entry
from kb.index.vectors import SEARCHED, VectorStore, View

VECTORS_AT_ONCE = 2_000  # 3 MB: of much larger portions the allocator would keep the memory
MOST_NEW = 0.1  # share of new entries up to which an incremental update is faster
MOST_STALE = 1.3  # vectors per passage up to which unused ones are carried along


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
    rows: Mapping[View, Rows]  # chunk → row of the view's matrix, -1 where a vector is missing
    matrices: Mapping[View, Matrix]
    keys: Mapping[View, KeyTable]  # of the rows
    balance: Balance
    names: Names
    facets: dict[int, tuple[tuple[str, str], ...]]  # entry number → (facet, value)
    situations: SituationTable
    trust: dict[int, Trust]  # entry number → trust, if there is any evidence
    successors: dict[int, tuple[int, ...]]  # entry number → those that replace it
    originals: dict[int, int]  # entry number of a copy → that of its original
    brief: frozenset[int]  # entry numbers with next to no text
    lineage: object  # the same as long as rows keep their places in the matrices

    def places(self, numbers: Sequence[int]) -> Rows:
        """Return the chunks with these catalogue numbers, without unknown ones."""
        wanted = np.asarray(numbers, self.numbers.dtype)
        at = np.searchsorted(self.numbers, wanted)
        at = np.minimum(at, max(len(self.numbers) - 1, 0))
        return at[self.numbers[at] == wanted] if len(self.numbers) else at[:0]

    def rows_of(self, view: View) -> Rows:
        """Return the rows of the vectors its own passages have: a matrix may hold others as well."""
        return own_rows(self.rows[view])

    def chunks_at(self, view: View, rows: Rows) -> Rows:
        """Return all chunks whose vector is in one of the rows."""
        is_meant = np.zeros(len(self.matrices[view]) + 1, np.bool_)  # the last one is that of a missing vector
        is_meant[rows] = True
        return np.flatnonzero(is_meant[self.rows[view]])


@dataclass(frozen=True, slots=True)
class _Passages:
    """The fields of a Snapshot that are updated incrementally."""

    numbers: Rows
    entries: Rows
    rows: Mapping[View, Rows]
    matrices: Mapping[View, Matrix]
    keys: Mapping[View, KeyTable]
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
    is_later = before is not None and int(generation or 0) >= int(before.generation or 0)  # else it was restored
    known = before if before and is_later and _is_close(before, shown, store) else None
    passages = _added(catalog, store, shown, known) if known else _all_passages(catalog, store, shown)
    facets = _facets(catalog, shown, known)
    return Snapshot(
        generation=generation,
        numbers=passages.numbers,
        entries=passages.entries,
        rows=passages.rows,
        matrices=passages.matrices,
        keys=passages.keys,
        balance=balance_of(
            _languages(passages, facets, known), passages.rows, passages.matrices, known.balance if known else None
        ),
        names=names_of(catalog, shown, facets, known.names if known else NO_NAMES),
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
    listed = listed_passages(catalog, shown.tolist())
    if isinstance(store, Snapshot):
        rows = {view: store.keys[view].rows(listed.keys[view]) for view in SEARCHED}
        return _Passages(listed.numbers, listed.entries, rows, store.matrices, store.keys, store.lineage)
    rows, matrices, keys = {}, {}, {}
    for view in SEARCHED:
        rows[view], matrices[view], keys[view] = _loaded(store, view, listed.keys[view])
    return _Passages(listed.numbers, listed.entries, rows, matrices, keys, object())


def _loaded(store: VectorStore, view: View, keys: Keys) -> tuple[Rows, Matrix, KeyTable]:
    """Return the row of each key, -1 where its vector is missing, the matrix, and the keys of its rows."""
    distinct, places = np.unique(keys, return_inverse=True)
    has_vector = np.zeros(len(distinct), np.bool_)

    def portions() -> Iterator[Vectors]:
        for start in range(0, len(distinct), VECTORS_AT_ONCE):
            some = distinct[start : start + VECTORS_AT_ONCE]
            found, vectors = store.rows(view, [unpacked(key) for key in some.tolist()])
            at = np.searchsorted(some, packed(found))
            has_vector[start + at] = True
            yield vectors[np.argsort(at)]

    matrix = matrix_of(portions(), len(distinct))
    rows = np.where(has_vector, np.cumsum(has_vector, dtype=np.int32) - 1, np.int32(-1))
    return rows[places], matrix, KeyTable(distinct if has_vector.all() else distinct[has_vector])


def _added(catalog: Catalog, store: VectorStore | Snapshot, shown: Rows, before: Snapshot) -> _Passages:
    """Return the previous passages without deleted entries, plus the new ones, by number."""
    fresh = _fresh(before, shown)
    stays = np.isin(before.entries, np.setdiff1d(shown, fresh))
    listed = listed_passages(catalog, fresh.tolist())
    order = np.argsort(np.concatenate([before.numbers[stays], listed.numbers]), kind="stable")
    matrices, keys = (
        (store.matrices, store.keys) if isinstance(store, Snapshot) else _with_vectors(store, listed, before)
    )
    found = {view: keys[view].rows(listed.keys[view]) for view in SEARCHED}
    return _Passages(
        numbers=np.concatenate([before.numbers[stays], listed.numbers])[order],
        entries=np.concatenate([before.entries[stays], listed.entries])[order],
        rows={view: np.concatenate([before.rows[view][stays], found[view]])[order] for view in SEARCHED},
        matrices=matrices,
        keys=keys,
        lineage=before.lineage,
    )


def _with_vectors(
    store: VectorStore, listed: ListedPassages, before: Snapshot
) -> tuple[Mapping[View, Matrix], Mapping[View, KeyTable]]:
    """Return the matrices and the keys of their rows, with the vectors that some passages lack."""
    matrices, keys = dict(before.matrices), dict(before.keys)
    for view in SEARCHED:
        lacking = listed.keys[view][keys[view].rows(listed.keys[view]) < 0].tolist()
        found, vectors = store.rows(view, [unpacked(key) for key in dict.fromkeys(lacking)])
        if found:
            matrices[view] = matrices[view].with_rows(vectors)
            keys[view] = keys[view].with_keys(found)
    return matrices, keys


def _brief(catalog: Catalog, shown: Rows, before: Snapshot | None) -> frozenset[int]:
    kept = set(shown.tolist())
    if before is None:
        return brief_entries(catalog) & kept
    return (before.brief & kept) | brief_entries(catalog, sorted(kept - set(before.entries.tolist())))


def _facets(catalog: Catalog, shown: Rows, before: Snapshot | None) -> dict[int, tuple[tuple[str, str], ...]]:
    if before is None:
        return facets_by_entry(catalog, shown.tolist())
    fresh = [number for number in shown.tolist() if number not in before.facets]
    return before.facets | facets_by_entry(catalog, fresh) if fresh else before.facets


def _languages(
    passages: _Passages, facets: dict[int, tuple[tuple[str, str], ...]], before: Snapshot | None
) -> NDArray[np.int8]:
    """Return the language of each passage, see `balance`; a passage never changes its language."""
    found = np.full(len(passages.numbers), -1, np.int8)
    is_new = np.ones(len(found), np.bool_)
    if before and len(before.numbers):
        at = np.minimum(np.searchsorted(before.numbers, passages.numbers), len(before.numbers) - 1)
        is_new = before.numbers[at] != passages.numbers
        found[~is_new] = before.balance.language[at[~is_new]]
    entries, places = np.unique(passages.entries[is_new], return_inverse=True)
    names = [dict(facets.get(number, ())).get("language", "") for number in entries.tolist()]
    found[is_new] = languages_of(np.array(names, "U2"))[places]
    return found


def _situations(catalog: Catalog, store: VectorStore | Snapshot, before: SituationTable | None) -> SituationTable:
    listed = situation_keys(catalog)
    known = dict(zip(before.keys, before.vectors, strict=True)) if before else {}
    if lacking := list(dict.fromkeys(key for _, key, _ in listed if key not in known)):
        known |= _read_situations(store, lacking)
    found = [(number, key, tuple(terms.split())) for number, key, terms in listed if key in known]
    return SituationTable(
        numbers=np.array([number for number, _, _ in found], np.int64),
        keys=tuple(key for _, key, _ in found),
        vectors=np.stack([known[key] for _, key, _ in found]) if found else np.zeros((0, 0), np.float32),
        terms=tuple(terms for _, _, terms in found),
    )


def _read_situations(store: VectorStore | Snapshot, keys: Sequence[str]) -> Mapping[str, Vectors]:
    if isinstance(store, Snapshot):
        return dict(zip(store.situations.keys, store.situations.vectors, strict=True))
    return dict(zip(*store.rows("situations", keys), strict=True))
