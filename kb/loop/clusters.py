"""Cluster searches by meaning: by their vectors, and to a small part by shared rare words.

The vectors are centred per language first, since what all searches of a language share carries no information. The
result depends neither on the order of the searches nor on their frequency.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import scipy  # loads its parts on first use: a search needs none
from numpy.typing import NDArray

from kb.index.embedding import Vectors

THRESHOLD = 0.14  # mean similarity within a cluster: best on all labelled searches at this weight
WORD_WEIGHT = 0.1  # no measurable cost, and unknown names still count; .3 separates wordings
LEAST_OF_LANGUAGE = 10  # searches, to compute a mean per language, and any mean at all
USUAL = 0.83  # cosine of two unrelated searches, for small numbers: .81 is the median, and joins one wrong pair in five
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")

SAME, APART = 1.0, -1_000.0  # similarity of judged pairs; no average with the latter comes near a threshold

Floats = NDArray[np.float64]


def clusters(
    vectors: Vectors,
    words: Sequence[frozenset[str]],
    threshold: float = THRESHOLD,
    word_weight: float = WORD_WEIGHT,
    judged: Mapping[tuple[int, int], bool] = MappingProxyType({}),
) -> list[int]:
    """Return the cluster of each search, numbered from 0 in order of first appearance.

    `vectors` has one unit row per search, `words` its terms. Groups merge while the mean similarity of their searches
    is at least `threshold`; shared words contribute `word_weight` of it. Memory is quadratic in the number of distinct
    searches. `judged` are pairs of indexes that a person judged as same or different.
    """
    keys = [(row.tobytes(), tuple(sorted(some))) for row, some in zip(_plain(vectors), words, strict=True)]
    different = sorted(set(keys))
    if not different:
        return []
    rows = np.stack([np.frombuffer(row, np.float32) for row, _ in different]).astype(np.float64)
    terms = [some for _, some in different]
    alike = likeness(rows, terms, word_weight)
    place = {key: at for at, key in enumerate(different)}
    for (one, other), is_same in judged.items():
        pair = [place[keys[one]], place[keys[other]]]
        alike[pair, pair[::-1]] = SAME if is_same else APART
    group = dict(zip(different, _joined(alike, threshold), strict=True))
    numbers: dict[int, int] = {}
    return [numbers.setdefault(group[key], len(numbers)) for key in keys]


def likeness(rows: Floats, terms: Sequence[Sequence[str]], word_weight: float = WORD_WEIGHT) -> Floats:
    """Return the pairwise similarity of searches, at most 1, about 0 by chance, from unit rows and terms."""
    return (1 - word_weight) * _meaning(rows, terms) + word_weight * _shared_words(terms)


def name_of(queries: Sequence[str], vectors: Vectors) -> int:
    """Return the index of the search that represents a non-empty cluster: nearest to all others, then the shortest."""
    rows = _plain(vectors).astype(np.float64)
    near = np.round(rows @ rows.sum(axis=0), 6) if len(rows) else np.zeros(0)
    return min(range(len(queries)), key=lambda at: (-near[at], len(queries[at]), queries[at]))


def _plain(vectors: Vectors) -> Vectors:
    """Return the rows such that equal ones have equal bytes."""
    return np.ascontiguousarray(np.asarray(vectors, np.float32) + np.float32(0))


def _joined(alike: Floats, threshold: float) -> list[int]:
    """Return the group of each row: average linkage, cut at the threshold."""
    if len(alike) == 1:
        return [1]
    apart = np.maximum(1 - (alike + alike.T) / 2, 0.0)
    np.fill_diagonal(apart, 0.0)
    tree = scipy.cluster.hierarchy.linkage(scipy.spatial.distance.squareform(apart, checks=False), method="average")
    return [int(group) for group in scipy.cluster.hierarchy.fcluster(tree, 1 - threshold, criterion="distance")]


def _meaning(rows: Floats, terms: Sequence[Sequence[str]]) -> Floats:
    """Return the cosine of each pair, centred on the mean of its language."""
    if len(rows) < LEAST_OF_LANGUAGE:
        return np.asarray((rows @ rows.T - USUAL) / (1 - USUAL), np.float64)
    japanese = np.array([any(map(_JAPANESE.search, some)) for some in terms], np.bool_)
    whole = rows.mean(axis=0)
    means = [rows[some].mean(axis=0) if some.sum() >= LEAST_OF_LANGUAGE else whole for some in (~japanese, japanese)]
    centred = rows - np.stack(means)[japanese.astype(np.int64)]
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
    return np.asarray(centred @ centred.T, np.float64)


def _shared_words(terms: Sequence[Sequence[str]]) -> Floats:
    """Return the cosine of the words of each pair, weighted by rarity."""
    frequency = Counter(word for some in terms for word in some)
    places = {word: place for place, word in enumerate(sorted(frequency))}
    weights = np.zeros((len(terms), len(places)))
    for row, some in enumerate(terms):
        for word in some:
            weights[row, places[word]] = math.log((len(terms) + 1) / (frequency[word] + 0.5))
    weights /= np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9)
    return np.asarray(weights @ weights.T, np.float64)
