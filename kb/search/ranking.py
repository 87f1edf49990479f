"""Fuse keyword and meaning scores. Pure functions on arrays, one element a candidate passage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

TITLE_SHARE = 0.5  # how far a title nearer than its passage lifts it; a title never lowers a passage
EVIDENCE_FLOOR = 0.3  # below this keyword evidence is noise, as across languages
KEYWORD_POWER = 1.5  # a passage that stands out by keywords counts for more than many that barely match
FLAT = 1e-6  # a spread below this is no ranking
RRF_K = 60  # usual constant of reciprocal rank fusion (Cormack et al. 2009), kept as the yardstick of the benchmark


def meaning_scores(bodies: Scores, titles: Scores) -> Scores:
    """Return one similarity a passage from the cosines of its text and of its title."""
    return bodies + TITLE_SHARE * np.maximum(0.0, titles - bodies)


def standardised(values: Scores) -> Scores:
    """Return (value - mean) / standard deviation over the candidates; zeros when they hardly differ."""
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread > FLAT else np.zeros_like(values)


def idf(document_count: int, total: int) -> float:
    """Return the rarity of a term as BM25 weighs it (Robertson, Spärck Jones), never below zero."""
    return max(1e-6, math.log((max(total - document_count, 0) + 0.5) / (document_count + 0.5)))


def keyword_evidence(best: float, terms: Sequence[str], counts: Mapping[str, int], total: int) -> float:
    """Return how much of the question's rarity the best keyword hit carries, 0 to about 2.2; unknown terms count."""
    mass = sum(idf(counts.get(term, 0), total) for term in terms)
    return best / mass if mass > 1e-3 else 0.0


def fuse(meaning: Scores, keywords: Scores, evidence: float) -> Scores:
    """Return one score a passage: meaning, and keywords as far as they are evidence."""
    weight = max(0.0, evidence - EVIDENCE_FLOOR)
    best = float(keywords.max(initial=0.0))
    relative = np.maximum(keywords, 0.0) / best if best > 0 else np.zeros_like(keywords)
    return standardised(meaning) + weight * standardised(relative**KEYWORD_POWER)


def rank_fusion(*rankings: Sequence[int], k: int = RRF_K) -> dict[int, float]:
    """Merge ranked lists into one score an item; ranks count, raw scores do not."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (k + rank)
    return scores


def ranks(values: Scores) -> NDArray[np.int64]:
    """Return the rank of each value from 1, the largest first."""
    order = np.argsort(-values, kind="stable")
    places = np.empty(len(values), np.int64)
    places[order] = np.arange(1, len(values) + 1)
    return places
