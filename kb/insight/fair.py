"""Fair comparison: does a difference remain among deals of the same industry, size and lead source?

An angle may look good because it is used in warm deals. Deals are compared within strata, and the odds ratios of the
strata are pooled (Mantel and Haenszel 1959). This compares records; it does not prove causation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.insight.rates import CREDIBILITY

STRATA = ("industry", "size", "lead_source")
# From the strictest comparison to the loosest; columns of a deal table's strata.
_LEVELS: tuple[tuple[int, ...], ...] = ((0, 1, 2), (0, 1), (0, 2), (1, 2), (0,), (1,), (2,))
HALDANE = 0.5
ENOUGH_SHARE = 0.6  # of a row's deals need a counterpart, else a looser comparison is tried

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fair:
    """The odds of winning with a value against those without it, among otherwise similar deals."""

    odds_ratio: float  # above 1: more wins with it
    low: float  # 90 % interval
    high: float
    by: tuple[str, ...]  # what the compared deals have in common, of STRATA
    strata: int  # groups with both sides
    deals: int  # with the value, in those groups


@dataclass(frozen=True, slots=True)
class Strata:
    """The decided deals grouped at every level of strictness."""

    won: Flags
    codes: tuple[Integers, ...]  # per level: the group of every deal, -1 if unknown

    @classmethod
    def of(cls, strata: NDArray[np.int64], won: Flags) -> Strata:
        """Group deals; `strata` has one row per deal and one column per stratum, -1 if unknown."""
        codes = []
        for level in _LEVELS:
            grouped: Integers = np.zeros(len(strata), np.int64)
            for column in level:
                values = strata[:, column] + 1
                grouped = grouped * (int(values.max(initial=0)) + 1) + values
            numbered = np.unique(grouped, return_inverse=True)[1]
            # Unknown values do not make two deals alike.
            unknown = (strata[:, level] < 0).any(axis=1)
            codes.append(np.where(unknown, -1, numbered).astype(np.int64))
        return cls(won, tuple(codes))


def fair_comparison(strata: Strata, having: Flags) -> Fair | None:
    """Compare deals with a value (one flag per deal) to those without; None if no group has both."""
    wanted = ENOUGH_SHARE * int(having.sum())
    best: tuple[int, int, NDArray[np.int64]] | None = None
    for level, codes in enumerate(strata.codes):
        tables = _informative(codes, having, strata.won)
        deals = int(tables[:, 0].sum())
        if deals and (best is None or deals > best[1]):
            best = (level, deals, tables)
        if deals >= wanted:
            break
    return _pooled(*best) if best else None


def _informative(codes: Integers, having: Flags, won: Flags) -> NDArray[np.int64]:
    """Return one table per group with both sides and both outcomes: [[with: won, lost], [without: won, lost]]."""
    cells = codes * 4 + (~having) * 2 + (~won)
    tables = np.bincount(cells[codes >= 0], minlength=4 * (int(codes.max(initial=0)) + 1)).reshape(-1, 2, 2)
    both = (tables.sum(axis=1) > 0).all(axis=1) & (tables.sum(axis=2) > 0).all(axis=1)
    return np.asarray(tables[both], np.int64)


def _pooled(level: int, deals: int, tables: NDArray[np.int64]) -> Fair:
    from statsmodels.stats.contingency_tables import StratifiedTable  # takes two seconds to import

    totals = tables.sum(axis=(1, 2))
    agreeing = float((tables[:, 0, 0] * tables[:, 1, 1] / totals).sum())
    opposing = float((tables[:, 0, 1] * tables[:, 1, 0] / totals).sum())
    # If all are one-sided the ratio would be 0 or infinite: half a deal per cell keeps it finite (Haldane 1956).
    added = 0.0 if agreeing and opposing else HALDANE
    pooled = StratifiedTable(list(tables + added))
    low, high = pooled.oddsratio_pooled_confint(alpha=1 - CREDIBILITY)
    by = tuple(STRATA[column] for column in _LEVELS[level])
    return Fair(float(pooled.oddsratio_pooled), float(low), float(high), by, len(tables), deals)
