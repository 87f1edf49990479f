"""The names of the entries of a snapshot as numbers and beginnings: a dictionary of them takes ten times as much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from kb.index.catalog import Catalog
from kb.index.contents import portions
from kb.index.matrix import Rows
from kb.index.schema import NAMES

LONGEST = 48  # bytes of a beginning: 16 Japanese characters
_DEAL = ("kind", "deal")


@dataclass(frozen=True, slots=True)
class Owned:
    """Values in ascending order, each with the entry that has it."""

    values: NDArray[Any]
    entries: Rows

    def within(self, first: NDArray[Any], last: NDArray[Any]) -> list[int]:
        """Return the entries with values from `first` to `last`, for each pair of these in order."""
        starts, ends = np.searchsorted(self.values, first, "left"), np.searchsorted(self.values, last, "right")
        some = np.flatnonzero(starts < ends)
        spans = zip(starts[some].tolist(), ends[some].tolist(), strict=True)
        return [entry for start, end in spans for entry in self.entries[start:end].tolist()]

    def updated(self, shown: Rows, values: NDArray[Any], entries: Rows) -> Owned:
        """Return the values of those entries that are still shown, and more."""
        stays, order = np.isin(self.entries, shown), np.lexsort((entries, values))
        if not stays.any():
            return Owned(values[order], entries[order])
        at = np.searchsorted(self.values[stays], values[order], "right")
        kept = np.insert(self.values[stays], at, values[order])
        return Owned(kept, np.insert(self.entries[stays], at, entries[order]))


@dataclass(frozen=True, slots=True)
class Names:
    """Folded names and whose they are."""

    hashes: Owned  # texts have the same one within a process, and hardly ever share one
    beginnings: Owned  # of the names of deals, the first LONGEST bytes

    def of(self, texts: Sequence[str]) -> list[int]:
        """Return the entries that have one of some names, in order of these."""
        asked = np.array([hash(text) for text in texts], np.int64)
        return self.hashes.within(asked, asked)

    def deals_beginning_with(self, text: str) -> set[int]:
        """Return the deals with a name that begins with a text, of which LONGEST bytes count."""
        edge = text.encode()[:LONGEST]
        first, last = (np.array([some], f"S{LONGEST}") for some in (edge, edge.ljust(LONGEST, b"\xff")))
        return set(self.beginnings.within(first, last))


NO_NAMES = Names(
    Owned(np.zeros(0, np.int64), np.zeros(0, np.int32)), Owned(np.zeros(0, f"S{LONGEST}"), np.zeros(0, np.int32))
)


def names_of(
    catalog: Catalog, shown: Rows, facets: Mapping[int, tuple[tuple[str, str], ...]], before: Names = NO_NAMES
) -> Names:
    """Return the names of some entries, whose facets say which are deals; only those that `before` lacks are read."""
    fresh = np.setdiff1d(shown, before.hashes.entries).astype(np.int32)
    hashes, beginnings = [before.hashes.values[:0]], [before.beginnings.values[:0]]
    entries, deals = [fresh[:0]], [fresh[:0]]
    for rows in portions(catalog, select(NAMES.c.name, NAMES.c.entry), NAMES.c.entry, fresh.tolist()):
        owners = np.array([entry for _, entry in rows], np.int32)
        is_meant = np.isin(owners, fresh)
        is_deal = is_meant & np.array([_DEAL in facets.get(entry, ()) for _, entry in rows])
        hashes.append(np.array([hash(name) for name, _ in rows], np.int64)[is_meant])
        beginnings.append(np.array([name.encode()[:LONGEST] for name, _ in rows], f"S{LONGEST}")[is_deal])
        entries.append(owners[is_meant])
        deals.append(owners[is_deal])
    return Names(
        before.hashes.updated(shown, np.concatenate(hashes), np.concatenate(entries)),
        before.beginnings.updated(shown, np.concatenate(beginnings), np.concatenate(deals)),
    )
