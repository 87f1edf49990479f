"""Word overlap between deals: rare shared words count most."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class SharedWords:
    """The words of all deals of a table, weighted by rarity (tf-idf, cosine)."""

    def __init__(self, terms_by_deal: Sequence[Sequence[str]]) -> None:
        """Take the terms of each deal."""
        counted = [Counter(terms) for terms in terms_by_deal]
        self._size = len(counted)
        self._idf = _rarity(counted)
        weights = [self._weights(terms) for terms in counted]
        self._lengths = np.array([_length(some) for some in weights], np.float64)
        self._postings = _postings(weights)

    def cosines(self, terms: Sequence[str]) -> Floats:
        """Return the cosine of each deal's words to some terms, 0 to 1."""
        asked = self._weights(Counter(terms))
        found = np.zeros(self._size)
        for term, weight in asked.items():
            places, theirs = self._postings[term]
            found[places] += weight * theirs
        return np.asarray(found / np.maximum(self._lengths * _length(asked), 1e-9), np.float64)

    def _weights(self, terms: Mapping[str, int]) -> dict[str, float]:
        """Return the weight of each word that occurs in more than one deal."""
        return {t: (1 + math.log(count)) * self._idf[t] for t, count in terms.items() if t in self._idf}


def _rarity(counted: Sequence[Counter[str]]) -> dict[str, float]:
    frequency = Counter(term for terms in counted for term in terms)
    return {term: math.log((len(counted) + 1) / (deals + 0.5)) for term, deals in frequency.items() if deals > 1}


def _length(weights: Mapping[str, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weights.values()))


def _postings(weights: Sequence[Mapping[str, float]]) -> dict[str, tuple[Integers, Floats]]:
    """Return by term the deals that contain it and its weights there."""
    places: dict[str, list[int]] = {}
    values: dict[str, list[float]] = {}
    for place, terms in enumerate(weights):
        for term, weight in terms.items():
            places.setdefault(term, []).append(place)
            values.setdefault(term, []).append(weight)
    return {term: (np.array(places[term], np.int64), np.array(values[term])) for term in places}
