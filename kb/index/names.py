"""The names of the entries of a snapshot, by their hashes: 16 bytes a name, where a dictionary takes 200."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from kb.index.catalog import Catalog
from kb.index.contents import portions
from kb.index.matrix import Rows
from kb.index.schema import NAMES

_BEHIND = chr(0x10FFFF)  # every text that begins like another stands before that one with this behind it


@dataclass(frozen=True, slots=True)
class Names:
    """Folded names and whose they are."""

    hashes: NDArray[np.int64]  # ascending; texts have the same one within a process, and hardly ever share one
    entries: Rows

    def of(self, texts: Sequence[str]) -> list[int]:
        """Return the entries that have one of some names, in order of these."""
        asked = np.array([hash(text) for text in texts], np.int64)
        starts, ends = (np.searchsorted(self.hashes, asked, side) for side in ("left", "right"))
        some = np.flatnonzero(starts < ends)
        spans = zip(starts[some].tolist(), ends[some].tolist(), strict=True)
        return [entry for start, end in spans for entry in self.entries[start:end].tolist()]

    def beginning_with(self, catalog: Catalog, edge: str) -> set[int]:
        """Return the entries with a name that begins with a text."""
        query = select(NAMES.c.entry).where(NAMES.c.name >= edge, NAMES.c.name < edge + _BEHIND)
        with catalog.engine.connect() as connection:
            found = np.array(connection.scalars(query).all(), np.int64)
        return set(found[np.isin(found, self.entries)].tolist())


def names_of(catalog: Catalog, shown: Rows, before: Names | None) -> Names:
    """Return the names of some entries; only those that `before` lacks are read."""
    known = before or Names(np.zeros(0, np.int64), np.zeros(0, np.int64))
    stays = np.isin(known.entries, shown)
    hashes, entries = _read(catalog, np.setdiff1d(shown, known.entries))
    order = np.lexsort((entries, hashes))
    at = np.searchsorted(known.hashes[stays], hashes[order], "right")
    return Names(
        *(np.insert(old[stays], at, new[order]) for old, new in ((known.hashes, hashes), (known.entries, entries)))
    )


def _read(catalog: Catalog, numbers: Rows) -> tuple[NDArray[np.int64], Rows]:
    """Return the hash and the entry of each name of some entries."""
    hashes, entries = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for rows in portions(catalog, select(NAMES.c.name, NAMES.c.entry), NAMES.c.entry, numbers.tolist()):
        hashes.append(np.array([hash(name) for name, _ in rows], np.int64))
        entries.append(np.array([entry for _, entry in rows], np.int64))
    of_entry = np.concatenate(entries)
    is_meant = np.isin(of_entry, numbers)
    return np.concatenate(hashes)[is_meant], of_entry[is_meant]
