"""Fair comparison: does a difference remain among deals of the same industry, size and lead source?

An angle may look good because it is used in warm deals. Deals are compared within the groups of each factor by itself
(Mantel and Haenszel 1959), and over all factors together by a logistic regression whose factors are held back a little
(ridge), since few deals cannot carry many of them. This compares records; it does not prove causation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kb.insight.rates import CREDIBILITY, NORMAL

STRATA = ("industry", "size", "lead_source")
HALDANE = 0.5
ENOUGH_SHARE = 0.6  # of a row's deals need a counterpart in the same group, for a factor to count as held equal
LEAST_LEFT = 0.8  # of the plain log odds ratio; where less remains, a factor explains part of it or all (bench.honesty)
_SPREAD, _SPREAD_OF_VALUE = 1.5, 3.0  # prior standard deviations of log odds: of a group, and of the value itself
_STEPS, _NEAR = 25, 1e-8  # of Newton's method

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Odds:
    """The odds of winning with a value against those without it, with a 90 % interval."""

    by: str  # what the compared deals have in common, of STRATA
    odds_ratio: float  # above 1: more wins with it
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Fair:
    """The odds of winning with a value against those without it, among otherwise similar deals."""

    odds_ratio: float  # all factors together; above 1: more wins with it
    low: float  # 90 % interval
    high: float
    by: tuple[str, ...]  # what was held equal, of STRATA
    strata: int  # groups of single factors with both sides
    deals: int  # with the value and with a counterpart in every factor that was held equal
    not_held: tuple[str, ...] = ()  # what could not be: unknown, or no counterparts
    singles: tuple[Odds, ...] = ()  # by one factor at a time
    explained_by: tuple[str, ...] = ()  # factors that take a plain difference away
    p_above: float = 0.5  # probability that the value goes with more wins, all factors together

    @property
    def side(self) -> Literal["above", "below"]:
        """The direction of the difference."""
        return "above" if self.odds_ratio >= 1 else "below"

    @property
    def surely(self) -> Literal["above", "below", "unclear"]:
        """The direction, if the interval excludes 1."""
        return self.side if self.low > 1 or self.high < 1 else "unclear"


@dataclass(frozen=True, slots=True)
class Strata:
    """The decided deals with their groups: one row per deal and one column per factor, -1 if unknown."""

    won: Flags
    codes: Integers

    @classmethod
    def of(cls, strata: NDArray[np.int64], won: Flags) -> Strata:
        """Number the groups of each factor from 0."""
        numbered = [np.unique(column, return_inverse=True) for column in strata.T]
        codes = [np.where(column < 0, -1, places) for column, (_, places) in zip(strata.T, numbered, strict=True)]
        return cls(won, np.array(codes, np.int64).reshape(strata.shape[1], -1).T)


def fair_comparison(strata: Strata, having: Flags) -> Fair | None:
    """Compare deals with a value (one flag per deal) to those without; None if no factor has both in one group."""
    held: list[int] = []
    matched: Flags = having.copy()
    singles, groups = [], 0
    for factor in range(strata.codes.shape[1]):
        codes = strata.codes[:, factor]
        with_counterpart = having & (codes >= 0) & np.isin(codes, codes[~having])
        tables = _informative(codes, having, strata.won)
        if not len(tables) or with_counterpart.sum() < ENOUGH_SHARE * having.sum():
            continue
        held.append(factor)
        matched &= with_counterpart
        groups += len(tables)
        singles.append(_pooled(STRATA[factor], tables))
    if not held:
        return None
    log_odds, error = _ridge(strata.codes, having, strata.won)
    by = tuple(STRATA[factor] for factor in held)
    together = Odds("", *_interval(log_odds, error))
    plain = _log_odds(having, strata.won)
    explained = tuple(odds.by for odds in singles if takes_away(plain, odds))
    if not explained and takes_away(plain, together):
        explained = by
    return Fair(
        together.odds_ratio, together.low, together.high, by, groups, int(matched.sum()),
        tuple(name for name in STRATA if name not in by), tuple(singles), explained,
        NormalDist().cdf(log_odds / error),
    )  # fmt: skip


def takes_away(plain: float, odds: Odds) -> bool:
    """Whether a comparison leaves less of the plain log odds ratio than chance alone would take."""
    return plain != 0 and float(np.log(odds.odds_ratio)) / plain < LEAST_LEFT


def _log_odds(having: Flags, won: Flags) -> float:
    cells = [int((side & end).sum()) + HALDANE for side in (having, ~having) for end in (won, ~won)]
    return float(np.log(cells[0] * cells[3] / (cells[1] * cells[2])))


def _interval(log_odds: float, error: float) -> tuple[float, float, float]:
    low, mean, high = np.exp([log_odds - NORMAL * error, log_odds, log_odds + NORMAL * error])
    return float(mean), float(low), float(high)


def _informative(codes: Integers, having: Flags, won: Flags) -> Integers:
    """Return one table per group with both sides and both outcomes: [[with: won, lost], [without: won, lost]]."""
    cells = codes * 4 + (~having) * 2 + (~won)
    tables = np.bincount(cells[codes >= 0], minlength=4 * (int(codes.max(initial=0)) + 1)).reshape(-1, 2, 2)
    both = (tables.sum(axis=1) > 0).all(axis=1) & (tables.sum(axis=2) > 0).all(axis=1)
    return np.asarray(tables[both], np.int64)


def _pooled(by: str, tables: Integers) -> Odds:
    from statsmodels.stats.contingency_tables import StratifiedTable  # takes two seconds to import

    totals = tables.sum(axis=(1, 2))
    agreeing = float((tables[:, 0, 0] * tables[:, 1, 1] / totals).sum())
    opposing = float((tables[:, 0, 1] * tables[:, 1, 0] / totals).sum())
    # If all are one-sided the ratio would be 0 or infinite: half a deal per cell keeps it finite (Haldane 1956), once
    # over all groups as in the plain ratio. In each group it would make a row that always won look explained away.
    added = 0.0 if agreeing and opposing else HALDANE / len(tables)
    pooled = StratifiedTable(list(tables + added))
    low, high = pooled.oddsratio_pooled_confint(alpha=1 - CREDIBILITY)
    return Odds(by, float(pooled.oddsratio_pooled), float(low), float(high))


def _ridge(codes: Integers, having: Flags, won: Flags) -> tuple[float, float]:
    """Return the log odds ratio of a value and its standard error, from a logistic regression over all factors.

    Deals alike in everything are one weighted row, so the cost does not grow with their number.
    """
    rows, places = np.unique(np.column_stack([codes, having]), axis=0, return_inverse=True)
    count = np.bincount(places.ravel(), minlength=len(rows)).astype(np.float64)
    wins = np.bincount(places.ravel(), weights=won, minlength=len(rows))
    columns: Sequence[Floats] = [np.ones(len(rows)), rows[:, -1].astype(np.float64)]
    dummies = [rows[:, factor] == level for factor in range(codes.shape[1]) for level in np.unique(rows[:, factor])]
    design = np.column_stack([*columns, *(dummy.astype(np.float64) for dummy in dummies)])
    penalty = np.array([1e-6, _SPREAD_OF_VALUE**-2, *[_SPREAD**-2] * len(dummies)])
    found: Floats = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        share = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        information = (design.T * (count * share * (1 - share))) @ design + np.diag(penalty)
        step = np.linalg.solve(information, design.T @ (wins - count * share) - penalty * found)
        found = found + step
        if np.abs(step).max() < _NEAR:
            break
    return float(found[1]), float(np.sqrt(np.linalg.inv(information)[1, 1]))
