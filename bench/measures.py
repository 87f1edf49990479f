"""Measures of ranking quality."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

DEPTH = 10  # a page of hits
HIT_DEPTH = 5
GOOD_GRADE = 2  # of graded judgements: 3 answers, 2 helps, 1 is related


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


def ndcg(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return nDCG@10 (Järvelin, Kekäläinen 2002): gain 2^grade - 1, which is the grade itself where it is 0 or 1."""
    ideal = _dcg(sorted(grades.values(), reverse=True)[:DEPTH])
    return _dcg([grades.get(item, 0) for item in ranking[:DEPTH]]) / ideal if ideal else 0.0


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the probability that a positive is larger than a negative, ties counting half; NaN without both."""
    if not len(positive) or not len(negative):
        return math.nan
    wins = rankdata([*positive, *negative])[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return float(wins / (len(positive) * len(negative)))


def _dcg(grades: Sequence[int]) -> float:
    return float(sum((2**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1)))


def _one(ranking: Sequence[str], grades: Mapping[str, int], hit_depth: int) -> tuple[float, float, float]:
    least = min(GOOD_GRADE, max(grades.values()))
    good = [grades.get(item, 0) >= least for item in ranking[:DEPTH]]
    first = next((1 / rank for rank, is_good in enumerate(good, start=1) if is_good), 0.0)
    return ndcg(ranking, grades), float(any(good[:hit_depth])), first
