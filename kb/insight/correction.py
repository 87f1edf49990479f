"""What the win rate would be with the deals nobody wrote down: notes weighted by how rarely their outcome has one.

Inverse probability weighting (Horvitz and Thompson 1952) by outcome and, where the playbook has totals of it, industry.
It assumes that a deal without a note is like those with one of the same outcome; nothing in the notes can check that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from kb.entry import OUTCOMES
from kb.insight.coverage import Coverage, Covered
from kb.insight.deals import LOST, NO_DECISION, WON, DealTable, Flags, Integers
from kb.insight.fair import HALDANE
from kb.insight.rates import NORMAL

LEAST_NOTED = 5  # notes of an outcome in an industry, for a weight of its own
Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CorrectedRate:
    """A win rate corrected for missing notes, with its 90 % interval."""

    mean: float
    low: float
    high: float


def weights_of(table: DealTable, coverage: Coverage) -> Weights:
    """Return for how many closed deals each noted one stands; nan for outcomes whose total is unknown."""
    weights = np.full(len(table), np.nan)
    for place in (WON, LOST, NO_DECISION):
        rows = [row for row in coverage.rows if row.outcome == OUTCOMES[place]]
        if not any(row.noted for row in rows):
            continue
        own = {industry: sums for industry in sorted({row.industry for row in rows} - {""})
               if (sums := _sums(rows, industry))[1] >= LEAST_NOTED}  # fmt: skip
        rest = _rest(rows, own)
        for deal in np.flatnonzero(table.outcomes == place):
            industry = next((name for name in table.deals[deal].industry if name in own), "")
            weights[deal] = _weight(own[industry] if industry else rest)
    return weights


def corrected_rate(
    outcomes: Integers, weights: Weights, within: Flags, outcome_of: str = "decided"
) -> CorrectedRate | None:
    """Return the corrected share of wins in scope; None if a total is unknown, no note is missing or no deal counts.

    The interval takes the log odds as normal, each side with as many notes as its weights are worth (Kish 1965).
    """
    ends = (WON, LOST, NO_DECISION) if outcome_of == "closed" else (WON, LOST)
    counted = np.isin(outcomes, ends)
    inside = within & counted
    if (
        not inside.any()
        or (weights[counted] == 1).all()
        or not all(np.isfinite(weights[outcomes == end]).any() for end in ends)
    ):
        return None
    won, against = _Side.of(weights[inside & (outcomes == WON)]), _Side.of(weights[inside & (outcomes != WON)])
    odds = log((won.deals + won.half) / (against.deals + against.half))
    reach = NORMAL * (1 / (won.notes + HALDANE) + 1 / (against.notes + HALDANE)) ** 0.5
    low, high = (1 / (1 + exp(-limit)) for limit in (odds - reach, odds + reach))
    return CorrectedRate(won.deals / (won.deals + against.deals), low, high)


@dataclass(frozen=True, slots=True)
class _Side:
    """Deals of one side: how many closed, how many notes that is known from, and what half a deal stands for."""

    deals: float
    notes: float
    half: float

    @classmethod
    def of(cls, weights: Weights) -> _Side:
        if not len(weights):
            return cls(0.0, 0.0, HALDANE)
        whole = float(weights.sum())
        return cls(whole, whole**2 / float((weights**2).sum()), HALDANE * whole / len(weights))


def _sums(rows: Sequence[Covered], industry: str) -> tuple[int, int]:
    """Return the closed and the noted deals of an industry, or of all for an empty one."""
    mine = [row for row in rows if row.industry == industry]
    return sum(row.closed for row in mine), sum(row.noted for row in mine)


def _rest(rows: Sequence[Covered], own: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """Return the closed and the noted deals that no industry with a weight of its own counts; else all of them."""
    whole = _sums(rows, "")
    if not whole[1]:
        return sum(row.closed for row in rows), sum(row.noted for row in rows)
    closed, noted = (whole[at] - sum(sums[at] for sums in own.values()) for at in (0, 1))
    return (closed, noted) if closed > 0 and noted > 0 else whole


def _weight(sums: tuple[int, int]) -> float:
    closed, noted = sums
    return max(1.0, closed / noted)  # more notes than closed deals: the total is wrong
