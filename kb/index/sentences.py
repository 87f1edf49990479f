"""The sentences of passages and their vectors: the best one tells more about a passage than its average.

They are embedded after the passages, kept beside all other vectors on disk, one byte a dimension, and read only for the
candidates of a question, so they take no memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kb.index.cosines import cosines
from kb.index.embedding import Vectors
from kb.index.plain import plain

CUT = "1"  # part of the keys: other sentences need other vectors
MOST = 64  # of a passage; a table may have more lines
SHORTEST = 4  # characters: less says nothing
_LARGEST = 127  # of a signed byte
_END = re.compile(r"(?<=[。．！？])(?![。．！？」』）)\"”])|(?<=[.!?])\s+")


def sentences_of(passage: str) -> list[str]:
    """Return the sentences of a passage in Markdown as plain text, lines apart."""
    parts = (part.strip() for line in passage.split("\n") for part in _END.split(plain(line)))
    return [part for part in parts if len(part) >= SHORTEST][:MOST]


def sentence_key(body_key: str) -> str:
    """Return the key of the sentence vectors of a passage."""
    return f"{body_key}.{CUT}"


def pack(rows: Sequence[Vectors]) -> bytes:
    """Return unit vectors as one signed byte a dimension; cosines change by less than .001."""
    if not len(rows):
        return b""
    matrix = np.stack(rows)
    scale = np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-9)
    packed: NDArray[np.int8] = np.rint(matrix * (_LARGEST / scale)).astype(np.int8)
    return packed.tobytes()


class SentenceCosines:
    """The cosines of all sentences of some packed passages to a query."""

    def __init__(self, packed: Sequence[bytes], query: Vectors) -> None:
        rows = np.frombuffer(b"".join(packed), np.int8).reshape(-1, len(query)).astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))  # without a second matrix
        self._cosines = np.asarray(cosines(rows, query) / lengths, np.float32)
        self.counts = np.array([len(one) // len(query) for one in packed], np.int64)
        self._ends = np.cumsum(self.counts)

    def best(self) -> NDArray[np.float64]:
        """Return for each passage the cosine of its best sentence; NaN without any."""
        best = np.full(len(self.counts), np.nan)
        some = self.counts > 0
        if some.any():
            best[some] = np.maximum.reduceat(self._cosines, (self._ends - self.counts)[some])
        return best

    def best_place(self, passage: int) -> int:
        """Return the place of the sentence of a passage nearest to the query; -1 without any."""
        own = self.of(passage)
        return int(np.argmax(own)) if own else -1

    def of(self, passage: int) -> list[float]:
        """Return the cosines of the sentences of a passage, in order."""
        found: list[float] = self._cosines[self._ends[passage] - self.counts[passage] : self._ends[passage]].tolist()
        return found
