"""What is told of deals, as vectors: part by part, so that one common trouble is found among many words.

Vectors of a language have much in common that says nothing, and two languages have less. So each vector is taken from
the middle of its own language before it is compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kb.index.analysis import terms
from kb.index.embedding import Vectors
from kb.index.snapshot import Situated
from kb.insight.deals import DealTable
from kb.insight.words import SharedWords

SAMPLE = 100  # deals whose likeness tells what is near and what is usual
USUAL, NEAR = 0.5, 0.995  # quantiles of the likeness of all pairs of deals: 0 and 1
LEAST_PARTS = 10  # of a language, before it has a middle of its own
_KANA = re.compile(r"[\u3041-\u30ff]")

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one deal: a row a part, unit length, and whether it is Japanese."""

    vectors: Vectors
    is_japanese: bool
    terms: tuple[str, ...] = ()

    @classmethod
    def of(cls, vectors: Vectors, text: str) -> Told:
        """Take the vectors of a text."""
        return cls(vectors, bool(_KANA.search(text)), tuple(terms(text)))


@dataclass(frozen=True)
class Situations:
    """The parts of all deals of a table, sorted by deal."""

    vectors: Vectors  # a row a part, unit length
    owners: Integers  # part → place of its deal, rising
    is_japanese: NDArray[np.bool_]  # deal → language
    terms: tuple[tuple[str, ...], ...]  # deal → its words

    @classmethod
    def of(cls, table: DealTable, stored: Situated) -> Situations:
        """Take the stored parts of the deals in a table."""
        numbers, matrix = stored.numbers, stored.vectors
        words: list[tuple[str, ...]] = [() for _ in table.deals]
        japanese = np.array([entry.language == "ja" for entry in table.deals], np.bool_)
        if not len(table) or not matrix.size:
            return cls(np.zeros((0, 0), np.float32), np.zeros(0, np.int64), japanese, tuple(words))
        places = np.minimum(np.searchsorted(table.numbers, numbers), len(table) - 1)
        known = table.numbers[places] == numbers
        for part in np.flatnonzero(known):
            words[places[part]] += stored.terms[part]
        return cls(matrix[known], places[known].astype(np.int64), japanese, tuple(words))

    @property
    def is_told(self) -> bool:
        """Whether anything is told of any deal."""
        return bool(len(self.owners))

    def told_of(self, place: int) -> Told | None:
        """Return what is told of a deal; None for nothing."""
        parts = slice(*np.searchsorted(self.owners, (place, place + 1)))
        if parts.start == parts.stop:
            return None
        return Told(self.vectors[parts], bool(self.is_japanese[place]), self.terms[place])

    def likeness(self, told: Told) -> Floats:
        """Return how alike each deal is in what is told, 0 to 1; nan where nothing is."""
        usual, near = self._scale
        return np.clip((self._raw(told) - usual) / (near - usual), 0.0, 1.0)

    def shared_words(self, told: Told) -> Floats:
        """Return how alike each deal is in its words, 0 to 1; nan where nothing is told."""
        usual, near = self._word_scale
        alike = np.clip((self._words.cosines(told.terms) - usual) / (near - usual), 0.0, 1.0)
        return np.where([bool(words) for words in self.terms], alike, np.nan)

    def between(self, first: int, second: int) -> float:
        """Return how alike two deals are in what is told, 0 to 1."""
        told, other = self.told_of(first), self.told_of(second)
        if told is None or other is None:
            return 0.0
        usual, near = self._scale
        cosines = self._centred(told.vectors, told.is_japanese) @ self._centred(other.vectors, other.is_japanese).T
        raw = (float(cosines.max(axis=0).mean()) + float(cosines.max(axis=1).mean())) / 2
        return float(np.clip((raw - usual) / (near - usual), 0.0, 1.0))

    @cached_property
    def _middles(self) -> tuple[Vectors, Vectors]:
        """The mean of the English and of the Japanese parts."""
        japanese = self.is_japanese[self.owners]
        whole = self.vectors.mean(axis=0)
        means = [
            self.vectors[some].mean(axis=0) if some.sum() >= LEAST_PARTS else whole for some in (~japanese, japanese)
        ]
        return means[0], means[1]

    @cached_property
    def _parts(self) -> Vectors:
        """All parts, centred."""
        japanese = self.is_japanese[self.owners]
        middles = np.stack(self._middles)[japanese.astype(np.int64)]
        return _unit(self.vectors - middles)

    @cached_property
    def _starts(self) -> tuple[Integers, Integers]:
        """The deals that are told of, and where the parts of each begin."""
        deals, starts = np.unique(self.owners, return_index=True)
        return deals.astype(np.int64), starts.astype(np.int64)

    @cached_property
    def _words(self) -> SharedWords:
        return SharedWords(self.terms)

    @cached_property
    def _scale(self) -> tuple[float, float]:
        """The raw likeness that counts as 0 and as 1: every model's cosines lie in a band of their own."""
        return self._scale_of(self._raw)

    @cached_property
    def _word_scale(self) -> tuple[float, float]:
        return self._scale_of(lambda told: self._words.cosines(told.terms))

    def _scale_of(self, measure: Callable[[Told], Floats]) -> tuple[float, float]:
        deals = self._starts[0]
        sample = deals[:: max(1, len(deals) // SAMPLE)][:SAMPLE]
        raws = [measure(told) for deal in sample if (told := self.told_of(int(deal)))]
        pairs = [raw[other] for at, raw in enumerate(raws) for other in sample[at + 1 :]]
        if len(pairs) < 3:
            return 0.0, 1.0
        usual, near = np.quantile(pairs, [USUAL, NEAR])
        return float(usual), float(max(near, usual + 1e-3))

    def _centred(self, vectors: Vectors, is_japanese: bool) -> Vectors:
        return _unit(vectors - self._middles[int(is_japanese)])

    def _raw(self, told: Told) -> Floats:
        """Return the mean cosine of each part to the nearest one of the other side, both ways; nan for nothing told."""
        cosines = self._parts @ self._centred(told.vectors, told.is_japanese).T  # a row a stored part
        deals, starts = self._starts
        there = np.maximum.reduceat(cosines, starts, axis=0).mean(axis=1)
        counts = np.diff(np.append(starts, len(cosines)))
        back = np.add.reduceat(cosines.max(axis=1), starts) / counts
        raw = np.full(len(self.is_japanese), np.nan)
        raw[deals] = (there + back) / 2
        return raw


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), np.float32)
