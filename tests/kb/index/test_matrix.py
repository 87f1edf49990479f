"""Many vectors with a byte a dimension: near enough, and the same wherever a row stands."""

from __future__ import annotations

import numpy as np
import pytest

from kb.index.matrix import BLOCK, MOST_EXACT, NO_ROWS, ExactRows, Matrix, PackedRows, matrix_of
from kb.model.graph import ZERO
from kb.model.session import ByteProducts, slow_products

ROWS, DIMENSIONS = MOST_EXACT + 20_000, 64
Vectors = np.ndarray[tuple[int, int], np.dtype[np.float32]]


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    made = np.random.default_rng(5).standard_normal((ROWS, DIMENSIONS), dtype=np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def matrix(vectors: Vectors) -> Matrix:
    return NO_ROWS.with_rows(vectors)


def test_few_rows_are_exact_and_many_are_near(vectors: Vectors, matrix: Matrix) -> None:
    few = NO_ROWS.with_rows(vectors[:MOST_EXACT])
    assert np.array_equal(few.at(np.arange(MOST_EXACT)), vectors[:MOST_EXACT])
    assert isinstance(matrix, PackedRows) and len(matrix) == ROWS
    assert np.abs(matrix.cosines(vectors[3]) - vectors @ vectors[3]).max() < 0.005
    assert np.allclose(np.linalg.norm(matrix.at(np.arange(50)), axis=1), 1, atol=1e-6)


def test_a_packed_row_scores_the_same_among_any_others(vectors: Vectors, matrix: Matrix) -> None:
    whole = matrix.cosines(vectors[7])
    assert whole[7] == pytest.approx(1, abs=1e-3)
    rows = np.random.default_rng(6).choice(ROWS, 999, replace=False)
    assert np.array_equal(matrix.cosines(vectors[7], rows), whole[rows])
    assert len(matrix.cosines(vectors[7], rows[:0])) == len(matrix.at(rows[:0])) == 0
    assert np.array_equal(NO_ROWS.with_rows(vectors[::-1]).cosines(vectors[7])[::-1], whole)
    assert np.allclose(matrix.at(rows) @ vectors[7], whole[rows], atol=1e-4)  # the query itself loses next to nothing


def test_rows_added_bit_by_bit_are_those_added_at_once(vectors: Vectors, matrix: Matrix) -> None:
    grown: Matrix = NO_ROWS
    for start in range(0, ROWS, 7_777):
        grown = grown.with_rows(vectors[start : start + 7_777])
    assert np.array_equal(grown.cosines(vectors[7]), matrix.cosines(vectors[7]))


def test_adding_rows_changes_no_matrix_and_copies_no_more_than_a_block(vectors: Vectors, matrix: Matrix) -> None:
    before = matrix.cosines(vectors[7])
    one, other = matrix.with_rows(vectors[:3]), matrix.with_rows(vectors[10:13])
    assert np.array_equal(matrix.cosines(vectors[7]), before)
    last = np.arange(ROWS, ROWS + 3)
    assert np.array_equal(one.at(last), matrix.at(last - ROWS))
    assert np.array_equal(other.at(last), matrix.at(last - ROWS + 10))
    assert isinstance(matrix, PackedRows) and isinstance(one, PackedRows)
    assert [a is b for a, b in zip(matrix.blocks, one.blocks, strict=True)] == [True] * (ROWS // BLOCK) + [False]


def test_portions_become_the_rows_added_at_once(vectors: Vectors, matrix: Matrix) -> None:
    portions = [vectors[start : start + 7_777] for start in range(0, ROWS, 7_777)]
    made = matrix_of([vectors[:0], *portions], ROWS + BLOCK)  # some do not come
    assert isinstance(made, PackedRows) and isinstance(matrix, PackedRows) and len(made) == ROWS
    for one, other in zip(made.blocks, matrix.blocks, strict=True):
        assert np.array_equal(one.bytes, other.bytes) and np.array_equal(one.scales, other.scales)
    assert all(block.bytes.base is made.blocks[0].bytes.base for block in made.blocks)
    grown = made.with_rows(vectors[:3])
    assert np.array_equal(grown.at(np.arange(ROWS + 3)), matrix.with_rows(vectors[:3]).at(np.arange(ROWS + 3)))
    assert len(made) == ROWS


def test_few_portions_stay_exact_and_none_are_no_rows(vectors: Vectors) -> None:
    few = matrix_of([vectors[:5], vectors[5:9]], MOST_EXACT)
    assert isinstance(few, ExactRows) and np.array_equal(few.vectors, vectors[:9])
    assert matrix_of([], 9) is matrix_of([], ROWS) is NO_ROWS


def test_no_rows_have_no_cosines() -> None:
    assert len(NO_ROWS.cosines(np.zeros(0, np.float32))) == len(NO_ROWS) == len(PackedRows(())) == 0


@pytest.mark.parametrize("largest", [1, 63])
def test_products_of_bytes_are_exact_with_and_without_onnx_runtime(largest: int) -> None:
    random = np.random.default_rng(largest)
    rows = random.choice(np.array([0, 1, ZERO, 255], np.uint8), (300, 384))  # the sums that would be cut off first
    columns = random.choice(np.array([-largest, largest], np.int8), (384, 2))
    exact = (rows.astype(np.int64) - ZERO) @ columns
    assert np.array_equal(ByteProducts().of(rows, columns), exact)
    assert np.array_equal(slow_products(rows, columns), exact)
