"""Measures of ranking quality."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from kb.loop.quality import first_good, ndcg

HIT_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over queries."""

    queries: int
    ndcg: float  # at 10
    hit: float  # share of queries with a good entry among the first 5, or as many as asked for
    mrr: float  # of the first good entry among 10


def quality(
    rankings: Sequence[Sequence[str]], relevant: Sequence[Mapping[str, int]], hit_depth: int = HIT_DEPTH
) -> Quality:
    """Evaluate one ranking per query."""
    rows = [_one(ranking, grades, hit_depth) for ranking, grades in zip(rankings, relevant, strict=True)]
    means = np.mean(np.array(rows), axis=0) if rows else np.zeros(3)
    return Quality(len(rows), *(float(mean) for mean in means))


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the probability that a positive is larger than a negative, ties counting half; NaN without both."""
    if not len(positive) or not len(negative):
        return math.nan
    wins = rankdata([*positive, *negative])[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return float(wins / (len(positive) * len(negative)))


def _one(ranking: Sequence[str], grades: Mapping[str, int], hit_depth: int) -> tuple[float, float, float]:
    first = first_good(ranking, grades)
    return ndcg(ranking, grades), float(0 < first <= hit_depth), 1 / first if first else 0.0
