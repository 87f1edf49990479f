"""How well passages hold a term, from the places FTS5 knows of: its own bm25() takes five times as long."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from kb.index.keywords import WEIGHTS
from kb.index.phrase_scores import Hits

K1, B = 1.2, 0.75  # of FTS5
_WEIGHTS = np.array([WEIGHTS[field] for field in ("body", "title", "heading", "tags")])
# One text for all places: as rows, they take longer to read than to find.
_PLACES = (
    "SELECT group_concat(doc * 4 + CASE col WHEN 'body' THEN 0 WHEN 'title' THEN 1 WHEN 'heading' THEN 2 ELSE 3 END)"
    " FROM keyword_places WHERE term = ?"
)
_SIZES = "SELECT id, sz FROM keywords_docsize WHERE id >= ? ORDER BY id"
_TOTALS = "SELECT block FROM keywords_data WHERE id = 1"  # passages, and terms by field


class PlacedTerms:
    """The terms of one index, with the lengths of its passages, which never change."""

    def __init__(self) -> None:
        self._lengths = np.zeros(0, np.int32)  # terms by number of passage

    def hits(self, connection: Connection, term: str, average: float) -> Hits:
        """Return the passages with a term, each with what bm25() of FTS5 gives it before the idf.

        `average` is the length of a passage in terms.
        """
        cursor = connection.connection.cursor()
        try:
            (places,) = cursor.execute(_PLACES, (term,)).fetchone()
            codes = np.fromstring(places or "", np.int64, sep=",")
            numbers, fields = np.divmod(codes, len(_WEIGHTS))
            starts = np.flatnonzero(np.diff(numbers, prepend=-1))
            counts = np.add.reduceat(_WEIGHTS[fields], starts) if len(starts) else np.zeros(0)
            numbers = numbers[starts]
            lengths = self._lengths_of(cursor, int(numbers[-1]) if len(numbers) else 0)[numbers]
        finally:
            cursor.close()
        return numbers.astype(np.int32), counts * (K1 + 1) / (counts + K1 * (1 - B + B * lengths / average))

    def _lengths_of(self, cursor: Any, last: int) -> NDArray[np.int32]:
        """Return the lengths of passages up to a number at least."""
        known = self._lengths
        if last >= len(known):
            rows = cursor.execute(_SIZES, (len(known),)).fetchall()
            longer = np.zeros(rows[-1][0] + 1, np.int32)
            longer[: len(known)] = known
            longer[[number for number, _ in rows]] = [sum(_numbers(sizes)) for _, sizes in rows]
            self._lengths = known = longer
        return known


def totals(connection: Connection) -> tuple[int, float]:
    """Return how many passages there are, and how many terms they have on average."""
    cursor = connection.connection.cursor()
    (block,) = cursor.execute(_TOTALS).fetchone()
    cursor.close()
    passages, *terms = _numbers(block) or [0]
    return passages, sum(terms) / max(passages, 1)


def _numbers(packed: bytes) -> list[int]:
    """Return numbers as SQLite packs them: seven bits a byte, the highest first, and a mark where another follows."""
    if packed.isascii():
        return list(packed)
    found, number = [], 0
    for byte in packed:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            found.append(number)
            number = 0
    return found
