"""Products of vectors whose last digit depends on nothing but the vectors.

A matrix product adds in another order for another number of rows: the same passage would score 0.898077 in a part of
the index and 0.898078 in an index that holds nothing else, and so tell that something is hidden.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kb.index.embedding import Vectors


class Rows(Protocol):
    """Vectors that are read by row."""

    def at(self, rows: NDArray[np.int64]) -> Vectors:
        """Return some rows."""
        ...


AT_ONCE = 512  # rows copied to add them up: fits the processor's cache


def cosines(matrix: Vectors, query: Vectors) -> NDArray[np.float32]:
    """Return the product of each row with a query; the same for a row wherever it stands, and among which others."""
    return np.asarray(np.vecdot(matrix, query), np.float32)


def total_of(rows: NDArray[np.int64], matrix: Rows, counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the sum of some rows, each as often as counted, with twice their digits, so that no order shows.

    Several columns of counts give a sum each.
    """
    total: NDArray[np.float64] = np.zeros(1)
    for at in range(0, len(rows), AT_ONCE):
        some = matrix.at(rows[at : at + AT_ONCE]).astype(np.float64)
        total = total + counts[at : at + AT_ONCE].astype(np.float64).T @ some
    return total
