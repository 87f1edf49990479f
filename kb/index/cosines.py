"""Products of vectors whose last digit depends on nothing but the vectors.

A matrix product adds in another order for another number of rows: the same passage would score 0.898077 in a part of
the index and 0.898078 in an index that holds nothing else, and so tell that something is hidden.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kb.index.embedding import Vectors

AT_ONCE = 512  # rows copied to add them up: fits the processor's cache


def cosines(matrix: Vectors, query: Vectors) -> NDArray[np.float32]:
    """Return the product of each row with a query; the same for a row wherever it stands, and among which others."""
    return np.asarray(np.vecdot(matrix, query), np.float32)


def mean_of(rows: NDArray[np.int64], matrix: Vectors) -> Vectors:
    """Return the mean of some rows, added up with twice the digits of the result, so that their order does not show."""
    total = np.zeros(matrix.shape[1])
    for at in range(0, len(rows), AT_ONCE):
        some = matrix[rows[at : at + AT_ONCE]].astype(np.float64)
        total += np.ones(len(some)) @ some
    return (total / len(rows)).astype(np.float32)
