"""The sentences of passages and their vectors: the best one tells more about a passage than its average.

They are embedded after the passages, kept beside all other vectors on disk, one byte a dimension, and read only for the
candidates of a question, so they take no memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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


def best_cosines(packed: Sequence[bytes], query: Vectors) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return for each packed passage the cosine of its best sentence to a query (NaN without any), and their count."""
    counts = np.array([len(one) // len(query) for one in packed], np.int64)
    best = np.full(len(packed), np.nan)
    if counts.any():
        cosines = _cosines(b"".join(packed), query)
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        some = counts > 0
        best[some] = np.maximum.reduceat(cosines, starts[some])
    return best, counts


def best_sentence(packed: bytes, query: Vectors) -> int:
    """Return the place of the sentence nearest to a query; -1 without any."""
    return int(np.argmax(_cosines(packed, query))) if packed else -1


def _cosines(packed: bytes, query: Vectors) -> NDArray[np.float32]:
    rows = np.frombuffer(packed, np.int8).reshape(-1, len(query)).astype(np.float32)
    return np.asarray((rows @ query) / np.linalg.norm(rows, axis=1), np.float32)
