"""Fuse keyword and meaning scores. Pure functions on arrays, one element per candidate passage."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

TITLE_SHARE = 0.6  # how far a closer title raises its passage; a title never lowers one
SENTENCE_SHARE = 0.3  # of the best sentence in the meaning of a passage
SENTENCE_LUCK = 0.8  # standard deviations: the best of many sentences is near by chance (times √(2 ln n))
EVIDENCE_FLOOR = 0.2  # below this, keyword evidence is noise, for example across languages
MOST_WEIGHT = 1.0  # of keywords: they never count for more than meaning
KEYWORD_POWER = 1.25  # favours one passage that matches well over many that barely match
FLAT = 1e-6  # a smaller spread is no ranking
RRF_K = 60  # usual constant of reciprocal rank fusion (Cormack et al. 2009), the baseline of the benchmark


def meaning_scores(bodies: Scores, titles: Scores, sentences: Scores, counts: NDArray[np.int64]) -> Scores:
    """Return one similarity per passage from the cosines of its text, its title and its best sentence (NaN: unknown).

    The largest of n values lies about √(2 ln n) standard deviations above their mean by chance alone (of normal
    values; Cramér 1946), so the best of many `counts` sentences counts for a little less.
    """
    luck = SENTENCE_LUCK * float(bodies.std()) if len(bodies) else 0.0
    best = sentences - luck * np.sqrt(2 * np.log(np.maximum(counts, 1)))
    own = np.where(np.isnan(best), bodies, (1 - SENTENCE_SHARE) * bodies + SENTENCE_SHARE * best)
    return own + TITLE_SHARE * np.maximum(0.0, titles - bodies)


def without_gaps(cosines: Scores) -> Scores:
    """Return cosines with the least of them instead of zeros, of passages not embedded yet: they are no outliers."""
    known = cosines[cosines != 0]
    return np.where(cosines != 0, cosines, known.min()) if len(known) else cosines


def without_brief(bodies: Scores, sentences: Scores, is_brief: NDArray[np.bool_]) -> tuple[Scores, Scores]:
    """Return the cosines with the least of the others for texts of a few characters, which are near to everything."""
    if is_brief.all() or not is_brief.any():
        return bodies, sentences
    return np.where(is_brief, bodies[~is_brief].min(), bodies), np.where(is_brief, np.nan, sentences)


def standardised(values: Scores) -> Scores:
    """Return (value - mean) / standard deviation over the candidates; zeros if they hardly differ."""
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread > FLAT else np.zeros_like(values)


def idf(document_count: int, total: int) -> float:
    """Return the idf of a term as in Lucene's BM25: positive even where a word stands in every passage."""
    return math.log(1 + (max(total - document_count, 0) + 0.5) / (document_count + 0.5))


def fuse(meaning: Scores, keywords: Scores, evidence: float) -> Scores:
    """Return one score per passage: meaning, plus keywords weighted by their evidence."""
    weight = min(MOST_WEIGHT, max(0.0, evidence - EVIDENCE_FLOOR))
    best = float(keywords.max(initial=0.0))
    relative = np.maximum(keywords, 0.0) / best if best > 0 else np.zeros_like(keywords)
    return standardised(meaning) + weight * standardised(relative**KEYWORD_POWER)


def rank_fusion(*rankings: Sequence[int], k: int = RRF_K) -> dict[int, float]:
    """Merge ranked lists into one score per item, by rank only."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (k + rank)
    return scores


def ranks(values: Scores) -> NDArray[np.int64]:
    """Return the rank of each value from 1, largest first."""
    order = np.argsort(-values, kind="stable")
    places = np.empty(len(values), np.int64)
    places[order] = np.arange(1, len(values) + 1)
    return places
