"""The vectors of a view as rows: exact where they are few, one byte a dimension where they are many.

A matrix is never changed; `with_rows` returns one that shares what it can. Whatever holds the rows, the cosine of a row
is the same wherever it stands and among which others (see `cosines`): products of bytes are exact integers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from kb.index.cosines import cosines
from kb.index.embedding import Vectors
from kb.model.graph import ZERO
from kb.model.session import ByteProducts

MOST_EXACT = 20_000  # rows with four bytes a dimension: 30 MB, compared in 1.6 ms; packed, their cosines move by .0002
BLOCK = 16_384  # packed rows held together: a save copies at most so many (6 MB), and a comparison needs few calls
_LARGEST = 127  # of a signed byte
_DIGIT = 63  # of a query, see `ByteProducts`
_AT_ONCE = 1_024  # rows packed together: what is needed for it fits the processor's cache

Rows = NDArray[np.signedinteger[Any]]  # kept with four bytes each
Cosines = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Scales = NDArray[np.float32]


class Matrix(Protocol):
    """Unit vectors as rows."""

    @property
    def is_exact(self) -> bool:
        """Whether nothing of the vectors is lost."""
        ...

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def at(self, rows: Rows) -> Vectors:
        """Return some rows, as near as they are kept."""
        ...

    def cosines(self, query: Vectors, rows: Rows | None = None) -> Cosines:
        """Return the product of a query with some rows, or with all."""
        ...

    def with_rows(self, vectors: Vectors) -> Matrix:
        """Return a matrix with more rows at the end."""
        ...


@dataclass(frozen=True, slots=True)
class ExactRows:
    """Vectors as the model gave them; packed as soon as they are many."""

    vectors: Vectors
    is_exact = True

    def __len__(self) -> int:
        return len(self.vectors)

    def at(self, rows: Rows) -> Vectors:
        """Return some rows."""
        return self.vectors[rows]

    def cosines(self, query: Vectors, rows: Rows | None = None) -> Cosines:
        """Return the product of a query with some rows, or with all."""
        return cosines(self.vectors if rows is None else self.vectors[rows], query)

    def with_rows(self, vectors: Vectors) -> Matrix:
        """Return a matrix with more rows at the end."""
        joined = np.concatenate([self.vectors, vectors]) if len(self.vectors) else vectors
        return ExactRows(joined) if len(joined) <= MOST_EXACT else PackedRows(()).with_rows(joined)


NO_ROWS: Matrix = ExactRows(np.zeros((0, 0), np.float32))


@dataclass(frozen=True, slots=True)
class _Block:
    """Up to BLOCK rows, and by what a product with their bytes is multiplied so that they have unit length."""

    bytes: Bytes
    scales: Scales

    @classmethod
    def of(cls, vectors: Vectors) -> Self:
        block = cls(np.empty(vectors.shape, np.uint8), np.empty(len(vectors), np.float32))
        block.pack(vectors, 0)
        return block

    def pack(self, vectors: Vectors, start: int) -> None:
        """Fill rows from `start` on, before anybody else has the block."""
        for at in range(0, len(vectors), _AT_ONCE):
            some = vectors[at : at + _AT_ONCE]
            rows = slice(start + at, start + at + len(some))
            packed = np.rint(some * (_LARGEST / np.maximum(np.abs(some).max(axis=1, keepdims=True), 1e-9)))
            np.add(packed, ZERO, out=self.bytes[rows], casting="unsafe")
            self.scales[rows] = 1 / np.sqrt(np.maximum(np.vecdot(packed, packed), 1))

    def joined(self, other: Self) -> Self:
        return type(self)(np.concatenate([self.bytes, other.bytes]), np.concatenate([self.scales, other.scales]))


@dataclass(frozen=True, slots=True)
class PackedRows:
    """Vectors with one byte a dimension, in blocks that are full but for the last."""

    blocks: tuple[_Block, ...]
    is_exact = False

    def __len__(self) -> int:
        return BLOCK * (len(self.blocks) - 1) + len(self.blocks[-1].bytes) if self.blocks else 0

    def at(self, rows: Rows) -> Vectors:
        """Return some rows: unit vectors whose cosines are off by about .0002."""
        packed, scales = self._gathered(rows)
        return (packed - np.float32(ZERO)) * scales[:, None]

    def cosines(self, query: Vectors, rows: Rows | None = None) -> Cosines:
        """Return the product of a query with some rows, or with all."""
        asked = _Query.of(query)
        if rows is not None:
            return asked.cosines(*self._gathered(rows))
        return np.concatenate([asked.cosines(block.bytes, block.scales) for block in self.blocks])

    def with_rows(self, vectors: Vectors) -> Matrix:
        """Return a matrix with more rows at the end."""
        blocks = list(self.blocks)
        while len(vectors):
            room = BLOCK - len(blocks[-1].bytes) if blocks else 0
            if room:
                blocks[-1] = blocks[-1].joined(_Block.of(vectors[:room]))
            else:
                room = BLOCK
                blocks.append(_Block.of(vectors[:room]))
            vectors = vectors[room:]
        return PackedRows(tuple(blocks))

    def _gathered(self, rows: Rows) -> tuple[Bytes, Scales]:
        """Return some rows in order."""
        width = self.blocks[0].bytes.shape[1] if self.blocks else 0
        packed, scales = np.empty((len(rows), width), np.uint8), np.empty(len(rows), np.float32)
        order = np.argsort(rows)
        numbers, places = np.divmod(rows[order], BLOCK)
        used, sizes = np.unique(numbers, return_counts=True)
        ends = np.cumsum(sizes)
        for number, start, end in zip(used.tolist(), (ends - sizes).tolist(), ends.tolist(), strict=True):
            here, block = order[start:end], self.blocks[number]
            packed[here], scales[here] = block.bytes[places[start:end]], block.scales[places[start:end]]
        return packed, scales


def matrix_of(portions: Iterable[Vectors], most: int) -> Matrix:
    """Return a matrix of vectors that come in portions, `most` rows at the most; it never holds more than one portion.

    Packed rows are blocks of one array of that size, which costs nothing where fewer come.
    """
    some = (vectors for vectors in portions if len(vectors))
    if most <= MOST_EXACT:
        kept = list(some)
        return ExactRows(np.concatenate(kept)) if kept else NO_ROWS
    whole, count = None, 0
    for vectors in some:
        whole = whole or _Block(np.empty((most, vectors.shape[1]), np.uint8), np.empty(most, np.float32))
        whole.pack(vectors, count)
        count += len(vectors)
    if whole is None:
        return NO_ROWS
    parts = (slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))
    return PackedRows(tuple(_Block(whole.bytes[part], whole.scales[part]) for part in parts))


@dataclass(frozen=True, slots=True)
class _Query:
    """A query as two columns of bytes, like the digits of a number, so that it loses nothing that counts."""

    digits: NDArray[np.int8]
    scale: float

    @classmethod
    def of(cls, query: Vectors) -> Self:
        step = max(float(np.abs(query).max(initial=0.0)), 1e-9) / _DIGIT
        first = np.rint(query / step)
        second = np.rint((query / step - first) * 2 * _DIGIT)
        return cls(np.stack([first, second], axis=1).astype(np.int8), step / (2 * _DIGIT))

    def cosines(self, packed: Bytes, scales: Scales) -> Cosines:
        found = _products().of(packed, self.digits)
        return ((found[:, 0] * (2.0 * _DIGIT) + found[:, 1]) * (scales * self.scale)).astype(np.float32)


@cache
def _products() -> ByteProducts:
    return ByteProducts()
