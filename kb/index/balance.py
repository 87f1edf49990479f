"""The balance between languages: a model holds texts in the question's own language to be nearer than they are.

The mean cosine of a question to all passages of a language is its product with their mean vector: one product for each
language. A base in one language is left as it is. The means are kept up to date from what a save adds and takes away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kb.index.cosines import cosines, total_of
from kb.index.embedding import Vectors
from kb.index.matrix import Matrix, Rows
from kb.index.vectors import View

LANGUAGES = ("ja", "en")
STRENGTH = 0.8  # of the tilt that is taken away; from .7 to 1.0 the quality is the same within noise
ENOUGH = 20  # passages of a language for a mean that says something about it
Offsets = NDArray[np.float32]
Counts = NDArray[np.int32]  # by row of a matrix: how often each language has it; whether any passage does


@dataclass(frozen=True, slots=True)
class Sums:
    """The rows of a matrix added up: those of the passages of each language, and every row once."""

    sizes: NDArray[np.int64]  # rows in each sum
    totals: NDArray[np.float64]

    @classmethod
    def of(cls, counts: Counts, matrix: Matrix, before: Self | None, counts_before: Counts) -> Self:
        """Add rows up, as often as counted, starting from sums over the same matrix with fewer rows."""
        change = counts.copy()
        if before:
            change[: len(counts_before)] -= counts_before
        changed = np.flatnonzero(change.any(axis=1))
        totals = total_of(changed, matrix, change[changed]) + (before.totals if before else 0.0)
        return cls(counts.sum(axis=0, dtype=np.int64), totals)

    @property
    def of_languages(self) -> Vectors:
        """The mean vector of each language."""
        return np.asarray(self.totals[:-1] / self.sizes[:-1, None], np.float32)

    @property
    def of_all(self) -> Vectors:
        """The mean vector of all rows."""
        return np.asarray(self.totals[-1] / self.sizes[-1], np.float32)


@dataclass(frozen=True, slots=True)
class Balance:
    """The passages' languages and their mean vectors; without means there is nothing to balance."""

    language: NDArray[np.int8]  # of each chunk, its place in LANGUAGES; -1 for another
    means: Mapping[View, Vectors]  # one row per language, for each view with enough embedded passages of all of them
    middle: Vectors  # mean vector of all texts; empty without any
    texts: int
    rows: Mapping[View, Rows]  # of each chunk, with whose language it is known what was added up
    sums: Mapping[View, Sums]

    def offsets(self, view: View, query: Vectors) -> Offsets:
        """Return what to add to the cosine of a query to a chunk, by its language; the last element is for -1."""
        means = self.means.get(view)
        if means is None:
            return np.zeros(len(LANGUAGES) + 1, np.float32)
        tilt = cosines(means, query)
        return np.append(STRENGTH * (tilt.mean() - tilt), 0.0).astype(np.float32)

    def level(self, query: Vectors, usual: float) -> float:
        """Return the mean cosine of a query to all texts, drawn to the usual one where there are few."""
        if not self.texts:
            return usual
        return (self.texts * float(self.middle @ query) + ENOUGH * usual) / (self.texts + ENOUGH)


def languages_of(names: NDArray[np.str_]) -> NDArray[np.int8]:
    """Return the place of languages in LANGUAGES; -1 for another."""
    language = np.full(len(names), -1, np.int8)
    for place, name in enumerate(LANGUAGES):
        language[names == name] = place
    return language


def balance_of(
    language: NDArray[np.int8],
    rows: Mapping[View, Rows],
    matrices: Mapping[View, Matrix],
    before: Balance | None = None,
) -> Balance:
    """Return the balance of passages from their languages, and their vectors' rows in the matrix of each view.

    `before` is that of matrices with the same rows, but fewer.
    """
    sums: dict[View, Sums] = {}
    means: dict[View, Vectors] = {}
    for view, matrix in matrices.items():
        counts = _counts(language, rows[view], len(matrix))
        has_all = bool((counts[:, :-1].sum(axis=0) >= ENOUGH).all())
        if has_all or (view == "bodies" and counts.any()):
            known = before.sums.get(view) if before else None
            counts_before = _counts(before.language, before.rows[view], len(matrix)) if before and known else counts
            sums[view] = Sums.of(counts, matrix, known, counts_before)
        if has_all:
            means[view] = sums[view].of_languages
    texts = sums.get("bodies")
    middle = texts.of_all if texts else np.zeros(0, np.float32)
    return Balance(language, means, middle, int(texts.sizes[-1]) if texts else 0, rows, sums)


def _counts(language: NDArray[np.int8], rows: Rows, size: int) -> Counts:
    """Return how often each row of a matrix occurs; it may hold others as well."""
    counts = np.zeros((size, len(LANGUAGES) + 1), np.int32)
    for place in range(len(LANGUAGES)):
        counts[:, place] = np.bincount(rows[(rows >= 0) & (language == place)], minlength=size)
    counts[rows[rows >= 0], -1] = 1
    return counts
