"""The last digit of a product depends on nothing but the vectors."""

from __future__ import annotations

import numpy as np
import pytest

from kb.index.cosines import cosines, total_of
from kb.index.matrix import ExactRows

ROWS, DIMENSIONS = 5_000, 256


@pytest.fixture(scope="module")
def matrix() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    made = np.random.default_rng(7).standard_normal((ROWS, DIMENSIONS), dtype=np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)  # type: ignore[no-any-return]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 17, 64, 301, 4_999])
def test_a_row_scores_the_same_among_any_others(
    matrix: np.ndarray[tuple[int, int], np.dtype[np.float32]], count: int
) -> None:
    random = np.random.default_rng(count)
    query, whole = matrix[5], cosines(matrix, matrix[5])
    rows = np.sort(random.choice(ROWS, count, replace=False))
    assert np.array_equal(cosines(matrix[rows], query), whole[rows])
    shifted = np.empty(count * DIMENSIONS + 1, np.float32)[1:].reshape(count, DIMENSIONS)  # another place in memory
    shifted[:] = matrix[rows]
    assert np.array_equal(cosines(shifted, query), whole[rows])
    assert np.allclose(whole, matrix @ query, atol=1e-6)


def test_a_sum_is_the_same_in_any_order_and_matrix(matrix: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
    random = np.random.default_rng(7)
    rows, ones = np.sort(random.choice(ROWS, 2_000, replace=False)), np.ones(2_000, np.int64)
    total = total_of(rows, ExactRows(matrix), ones).astype(np.float32)
    assert np.array_equal(total, total_of(random.permutation(rows), ExactRows(matrix), ones).astype(np.float32))
    assert np.array_equal(total, total_of(np.arange(2_000), ExactRows(matrix[rows]), ones).astype(np.float32))
    assert np.allclose(total, matrix[rows].sum(axis=0), atol=1e-4)
