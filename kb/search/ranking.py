"""Fuse keyword and meaning scores. Pure functions on arrays, one element per candidate passage."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

TITLE_SHARE = 0.5  # how far a closer title raises its passage; a title never lowers one
EVIDENCE_FLOOR = 0.3  # below this, keyword evidence is noise, for example across languages
KEYWORD_POWER = 1.5  # favours one passage that matches well over many that barely match
FLAT = 1e-6  # a smaller spread is no ranking
RRF_K = 60  # usual constant of reciprocal rank fusion (Cormack et al. 2009), the baseline of the benchmark


def meaning_scores(bodies: Scores, titles: Scores) -> Scores:
    """Return one similarity per passage from the cosines of its text and its title."""
    return bodies + TITLE_SHARE * np.maximum(0.0, titles - bodies)


def standardised(values: Scores) -> Scores:
    """Return (value - mean) / standard deviation over the candidates; zeros if they hardly differ."""
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread > FLAT else np.zeros_like(values)


def idf(document_count: int, total: int) -> float:
    """Return the idf of a term as in BM25 (Robertson, Spärck Jones), always positive."""
    return max(1e-6, math.log((max(total - document_count, 0) + 0.5) / (document_count + 0.5)))


def fuse(meaning: Scores, keywords: Scores, evidence: float) -> Scores:
    """Return one score per passage: meaning, plus keywords weighted by their evidence."""
    weight = max(0.0, evidence - EVIDENCE_FLOOR)
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
