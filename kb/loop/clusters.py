"""Searches that mean the same, put together: by their vectors, and a little by rare words they share.

The middle of each language is taken off its vectors first: what all searches of a language have in common says nothing.
The result depends neither on the order of the searches nor on how often one was asked.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from kb.index.embedding import Vectors

THRESHOLD = 0.14  # mean likeness within a cluster: best on all grouped searches of the measurements at this weight
WORD_WEIGHT = 0.1  # costs nothing measurable, and names the model does not know still count; .3 parts wordings
LEAST_OF_LANGUAGE = 10  # searches, before a language has a middle of its own, and before there is any middle
USUAL = 0.81  # median cosine of two searches in the bundled model, for when there are too few to see it
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")

SAME, APART = 1.0, -1_000.0  # likeness a person's word stands for; no average with the latter comes near a threshold

Floats = NDArray[np.float64]


def clusters(
    vectors: Vectors,
    words: Sequence[frozenset[str]],
    threshold: float = THRESHOLD,
    word_weight: float = WORD_WEIGHT,
    judged: Mapping[tuple[int, int], bool] = MappingProxyType({}),
) -> list[int]:
    """Return the number of the cluster of each search, from 0 in the order of first appearance.

    `vectors` has a unit row a search, `words` its terms. Two groups are one while their searches are alike by at least
    `threshold` on average, with `word_weight` of the likeness from shared words. Memory grows with the square of the
    number of different searches. `judged` are pairs of places a person said to belong together or not.
    """
    keys = [(row.tobytes(), tuple(sorted(some))) for row, some in zip(_plain(vectors), words, strict=True)]
    different = sorted(set(keys))
    if not different:
        return []
    rows = np.stack([np.frombuffer(row, np.float32) for row, _ in different]).astype(np.float64)
    told = [some for _, some in different]
    alike = likeness(rows, told, word_weight)
    place = {key: at for at, key in enumerate(different)}
    for (one, other), is_same in judged.items():
        pair = [place[keys[one]], place[keys[other]]]
        alike[pair, pair[::-1]] = SAME if is_same else APART
    group = dict(zip(different, _joined(alike, threshold), strict=True))
    numbers: dict[int, int] = {}
    return [numbers.setdefault(group[key], len(numbers)) for key in keys]


def likeness(rows: Floats, told: Sequence[Sequence[str]], word_weight: float = WORD_WEIGHT) -> Floats:
    """Return how alike each two searches are, at most 1, about 0 by chance, from their unit rows and their terms."""
    return (1 - word_weight) * _meaning(rows, told) + word_weight * _shared_words(told)


def name_of(queries: Sequence[str], vectors: Vectors) -> int:
    """Return the place of the search that names a cluster best: nearest to all others; of equals the shortest.

    There must be at least one.
    """
    rows = _plain(vectors).astype(np.float64)
    near = np.round(rows @ rows.sum(axis=0), 6) if len(rows) else np.zeros(0)
    return min(range(len(queries)), key=lambda at: (-near[at], len(queries[at]), queries[at]))


def _plain(vectors: Vectors) -> Vectors:
    """Return the rows so that equal ones have equal bytes."""
    return np.ascontiguousarray(np.asarray(vectors, np.float32) + np.float32(0))


def _joined(alike: Floats, threshold: float) -> list[int]:
    """Return the group of each row: average linkage, cut where groups are less alike than the threshold."""
    if len(alike) == 1:
        return [1]
    apart = np.maximum(1 - (alike + alike.T) / 2, 0.0)
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), method="average")
    return [int(group) for group in fcluster(tree, 1 - threshold, criterion="distance")]


def _meaning(rows: Floats, told: Sequence[Sequence[str]]) -> Floats:
    """Return the cosine of each pair from the middle of its language."""
    if len(rows) < LEAST_OF_LANGUAGE:
        return np.asarray((rows @ rows.T - USUAL) / (1 - USUAL), np.float64)
    japanese = np.array([any(map(_JAPANESE.search, some)) for some in told], np.bool_)
    whole = rows.mean(axis=0)
    middles = [rows[some].mean(axis=0) if some.sum() >= LEAST_OF_LANGUAGE else whole for some in (~japanese, japanese)]
    centred = rows - np.stack(middles)[japanese.astype(np.int64)]
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
    return np.asarray(centred @ centred.T, np.float64)


def _shared_words(told: Sequence[Sequence[str]]) -> Floats:
    """Return the cosine of the words of each pair, rare words weighing most."""
    frequency = Counter(word for some in told for word in some)
    places = {word: place for place, word in enumerate(sorted(frequency))}
    weights = np.zeros((len(told), len(places)))
    for row, some in enumerate(told):
        for word in some:
            weights[row, places[word]] = math.log((len(told) + 1) / (frequency[word] + 0.5))
    weights /= np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9)
    return np.asarray(weights @ weights.T, np.float64)
