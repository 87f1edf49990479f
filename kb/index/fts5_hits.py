"""How well passages hold a phrase: BM25 before the idf, in numbers those of FTS5."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from kb.index.keywords import WEIGHTS, Phrase
from kb.index.phrase_scores import Hits

K1, B, LEAST_IDF = 1.2, 0.75, 1e-6  # of FTS5
_WEIGHTS = np.array([WEIGHTS[field] for field in ("body", "title", "heading", "tags")])
# One text for all places: as rows, they take longer to read than to find.
_PLACES = (
    "SELECT group_concat(doc * 4 + CASE col WHEN 'body' THEN 0 WHEN 'title' THEN 1 WHEN 'heading' THEN 2 ELSE 3 END)"
    " FROM keyword_places WHERE term = ?"
)
_SCORED = "SELECT rowid, -bm25(keywords, :title, :heading, :tags, :body) FROM keywords WHERE keywords MATCH :match"
_SIZES = "SELECT id, sz FROM keywords_docsize WHERE id >= ? ORDER BY id"
_TOTALS = "SELECT block FROM keywords_data WHERE id = 1"  # passages, and terms by field


class PlacedTerms:
    """The terms of one index, with the lengths of its passages, which never change."""

    def __init__(self) -> None:
        self._lengths = np.zeros(0, np.int32)  # terms by number of passage

    def hits(self, connection: Connection, phrases: Iterable[Phrase]) -> dict[Phrase, Hits]:
        """Return the passages with each phrase, by number, each with its BM25 before the idf.

        That of terms is computed from their places: the bm25() of FTS5 takes five times as long. Statements are the
        driver's own: rows of SQLAlchemy take longer than finding them.
        """
        cursor = connection.connection.cursor()
        try:
            (block,) = cursor.execute(_TOTALS).fetchone()
            passages, *terms = _numbers(block) or [0]
            average = sum(terms) / max(passages, 1)
            return {
                phrase: self._of_term(cursor, phrase[0], average)
                if len(phrase) == 1
                else _side_by_side(cursor, phrase, passages)
                for phrase in phrases
            }
        finally:
            cursor.close()

    def _of_term(self, cursor: Any, term: str, average: float) -> Hits:
        (places,) = cursor.execute(_PLACES, (term,)).fetchone()
        numbers, fields = np.divmod(np.fromstring(places or "", np.int64, sep=","), len(_WEIGHTS))
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        if not len(starts):
            return np.zeros(0, np.int32), np.zeros(0)
        counts, numbers = np.add.reduceat(_WEIGHTS[fields], starts), numbers[starts]
        lengths = self._up_to(cursor, int(numbers[-1]))[numbers]
        return numbers.astype(np.int32), counts * (K1 + 1) / (counts + K1 * (1 - B + B * lengths / average))

    def _up_to(self, cursor: Any, last: int) -> NDArray[np.int32]:
        """Return the lengths of passages up to a number at least."""
        known = self._lengths
        if last >= len(known):
            sizes = ((number, sum(_numbers(packed))) for number, packed in cursor.execute(_SIZES, (len(known),)))
            rows = np.fromiter(sizes, np.dtype((np.int32, 2)))
            longer = np.zeros(rows[-1, 0] + 1, np.int32)
            longer[: len(known)] = known
            longer[rows[:, 0]] = rows[:, 1]
            self._lengths = known = longer
        return known


def quoted(phrase: Sequence[str]) -> str:
    """Return a phrase as an expression of FTS5."""
    return f'"{" ".join(phrase)}"'


def _side_by_side(cursor: Any, phrase: Phrase, passages: int) -> Hits:
    """Return the passages with some terms side by side; FTS5 multiplies with its idf (Robertson, Spärck Jones)."""
    rows = cursor.execute(_SCORED, {"match": quoted(phrase), **WEIGHTS}).fetchall()
    idf = math.log((passages - len(rows) + 0.5) / (len(rows) + 0.5))
    table = np.fromiter(chain.from_iterable(rows), np.float64, 2 * len(rows)).reshape(-1, 2)
    return table[:, 0].astype(np.int32), table[:, 1] / (idf if idf > 0 else LEAST_IDF)


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
