"""The balance between languages: a model holds texts in the question's own language to be nearer than they are.

The mean cosine of a question to all passages of a language is its product with their mean vector: one product for each
language. A base in one language is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.index.cosines import cosines, mean_of
from kb.index.embedding import Vectors
from kb.index.vectors import View

LANGUAGES = ("ja", "en")
STRENGTH = 0.8  # of the tilt that is taken away; from .7 to 1.0 the quality is the same within noise
ENOUGH = 20  # passages of a language for a mean that says something about it
Offsets = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Balance:
    """The passages' languages and their mean vectors; without means there is nothing to balance."""

    language: NDArray[np.int8]  # of each chunk, its place in LANGUAGES; -1 for another
    means: Mapping[View, Vectors]  # one row per language, for each view with enough embedded passages of all of them
    middle: Vectors  # mean vector of all texts; empty without any
    texts: int

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


def balance_of(
    languages: NDArray[np.str_], rows: Mapping[View, NDArray[np.int64]], matrices: Mapping[View, Vectors]
) -> Balance:
    """Return the balance of passages from their languages, and their vectors' rows in the matrix of each view."""
    language = np.full(len(languages), -1, np.int8)
    for place, name in enumerate(LANGUAGES):
        language[languages == name] = place
    means = {}
    for view in matrices:
        embedded = language[rows[view] >= 0]
        if all((embedded == place).sum() >= ENOUGH for place in range(len(LANGUAGES))):
            means[view] = _means(language, rows[view], matrices[view])
    own = np.unique(rows["bodies"][rows["bodies"] >= 0])  # the matrix may hold other vectors as well
    middle = mean_of(own, matrices["bodies"]) if len(own) else np.zeros(0, np.float32)
    return Balance(language, means, middle, len(own))


def _means(language: NDArray[np.int8], rows: NDArray[np.int64], matrix: Vectors) -> Vectors:
    """Return the mean vector of each language."""
    means = np.zeros((len(LANGUAGES), matrix.shape[1]), np.float32)
    for place in range(len(LANGUAGES)):
        means[place] = mean_of(rows[(language == place) & (rows >= 0)], matrix)
    return means
