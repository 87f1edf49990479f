"""The situations of deals as vectors, by part, so that one shared problem is found in long notes.

Vectors of one language share a component that carries no information. So each vector is centred on the mean of its
language before it is compared.
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
from kb.index.snapshot import SituationTable
from kb.insight.deals import DealTable
from kb.insight.words import SharedWords

SAMPLE = 100  # deals to calibrate the scale with
USUAL, NEAR = 0.5, 0.995  # quantiles of the similarity of deal pairs that become 0 and 1
LEAST_PARTS = 10  # of a language, to compute its own mean
_KANA = re.compile(r"[\u3041-\u30ff]")

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Situation:
    """The situation of one deal: unit vectors, one row per part, and its language."""

    vectors: Vectors
    is_japanese: bool
    terms: tuple[str, ...] = ()

    @classmethod
    def of(cls, vectors: Vectors, text: str) -> Situation:
        """Build it from a text and its vectors."""
        return cls(vectors, bool(_KANA.search(text)), tuple(terms(text)))


@dataclass(frozen=True)
class Situations:
    """The situations of all deals of a table, sorted by deal."""

    vectors: Vectors  # one row per part, unit length
    owners: Integers  # part → index of its deal, ascending
    is_japanese: NDArray[np.bool_]  # deal → language
    terms: tuple[tuple[str, ...], ...]  # deal → its words

    @classmethod
    def of(cls, table: DealTable, stored: SituationTable) -> Situations:
        """Select the stored parts of the deals in a table."""
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

    def of_deal(self, place: int) -> Situation | None:
        """Return the situation of a deal; None without notes."""
        parts = slice(*np.searchsorted(self.owners, (place, place + 1)))
        if parts.start == parts.stop:
            return None
        return Situation(self.vectors[parts], bool(self.is_japanese[place]), self.terms[place])

    def likeness(self, situation: Situation) -> Floats:
        """Return the similarity of each deal's situation, 0 to 1; nan without notes."""
        usual, near = self._scale
        return np.clip((self._raw(situation) - usual) / (near - usual), 0.0, 1.0)

    def shared_words(self, situation: Situation) -> Floats:
        """Return the similarity of each deal's words, 0 to 1; nan without notes."""
        usual, near = self._word_scale
        alike = np.clip((self._words.cosines(situation.terms) - usual) / (near - usual), 0.0, 1.0)
        return np.where([bool(words) for words in self.terms], alike, np.nan)

    def between(self, first: int, second: int) -> float:
        """Return the similarity of two deals' situations, 0 to 1."""
        one, other = self.of_deal(first), self.of_deal(second)
        if one is None or other is None:
            return 0.0
        usual, near = self._scale
        cosines = self._centred(one.vectors, one.is_japanese) @ self._centred(other.vectors, other.is_japanese).T
        raw = (float(cosines.max(axis=0).mean()) + float(cosines.max(axis=1).mean())) / 2
        return float(np.clip((raw - usual) / (near - usual), 0.0, 1.0))

    @cached_property
    def _means(self) -> tuple[Vectors, Vectors]:
        """The mean vectors of the English and of the Japanese parts."""
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
        means = np.stack(self._means)[japanese.astype(np.int64)]
        return _unit(self.vectors - means)

    @cached_property
    def _starts(self) -> tuple[Integers, Integers]:
        """The deals with notes, and the first part of each."""
        deals, starts = np.unique(self.owners, return_index=True)
        return deals.astype(np.int64), starts.astype(np.int64)

    @cached_property
    def _words(self) -> SharedWords:
        return SharedWords(self.terms)

    @cached_property
    def _scale(self) -> tuple[float, float]:
        """The raw similarities that become 0 and 1: each model has its own range of cosines."""
        return self._scale_of(self._raw)

    @cached_property
    def _word_scale(self) -> tuple[float, float]:
        return self._scale_of(lambda situation: self._words.cosines(situation.terms))

    def _scale_of(self, measure: Callable[[Situation], Floats]) -> tuple[float, float]:
        deals = self._starts[0]
        sample = deals[:: max(1, len(deals) // SAMPLE)][:SAMPLE]
        raws = [measure(situation) for deal in sample if (situation := self.of_deal(int(deal)))]
        pairs = [raw[other] for at, raw in enumerate(raws) for other in sample[at + 1 :]]
        if len(pairs) < 3:
            return 0.0, 1.0
        usual, near = np.quantile(pairs, [USUAL, NEAR])
        return float(usual), float(max(near, usual + 1e-3))

    def _centred(self, vectors: Vectors, is_japanese: bool) -> Vectors:
        return _unit(vectors - self._means[int(is_japanese)])

    def _raw(self, situation: Situation) -> Floats:
        """Return the mean cosine of each part to the nearest of the other side, both ways; nan without notes."""
        cosines = self._parts @ self._centred(situation.vectors, situation.is_japanese).T  # one row per stored part
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
