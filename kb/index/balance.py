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


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of rows of a matrix."""

    counts: NDArray[np.int32]  # how often each row is in it
    total: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Rows, matrix: Matrix, before: Self | None) -> Self:
        """Add rows up, each as often as it occurs, starting from a sum over the same matrix with fewer rows."""
        counts = np.bincount(rows, minlength=len(matrix)).astype(np.int32)
        change = counts.copy()
        if before:
            change[: len(before.counts)] -= before.counts
        changed = np.flatnonzero(change)
        return cls(counts, total_of(changed, matrix, change[changed]) + (before.total if before else 0.0))

    @property
    def count(self) -> int:
        """The number of rows in the sum."""
        return int(self.counts.sum())

    @property
    def mean(self) -> Vectors:
        """The mean vector."""
        return (self.total / self.count).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Balance:
    """The passages' languages and their mean vectors; without means there is nothing to balance."""

    language: NDArray[np.int8]  # of each chunk, its place in LANGUAGES; -1 for another
    means: Mapping[View, Vectors]  # one row per language, for each view with enough embedded passages of all of them
    middle: Vectors  # mean vector of all texts; empty without any
    texts: int
    sums: Mapping[tuple[View, int | None], Sum]  # by view and language; None: each text once, whatever its language

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
    known = before.sums if before else {}
    sums: dict[tuple[View, int | None], Sum] = {}
    means: dict[View, Vectors] = {}
    for view, matrix in matrices.items():
        embedded = rows[view] >= 0
        some = [rows[view][embedded & (language == place)] for place in range(len(LANGUAGES))]
        if all(len(of_one) >= ENOUGH for of_one in some):
            found = [Sum.of(of_one, matrix, known.get((view, place))) for place, of_one in enumerate(some)]
            sums |= {(view, place): one for place, one in enumerate(found)}
            means[view] = np.stack([one.mean for one in found])
    own = np.flatnonzero(np.bincount(rows["bodies"][rows["bodies"] >= 0]))  # the matrix may hold other vectors as well
    if len(own):
        sums["bodies", None] = Sum.of(own, matrices["bodies"], known.get(("bodies", None)))
    middle = sums["bodies", None].mean if len(own) else np.zeros(0, np.float32)
    return Balance(language, means, middle, len(own), sums)
