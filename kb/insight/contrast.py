"""What distinguishes won from lost deals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from kb.entry import Entry
from kb.insight.differences import AFTERWARDS, Differences, Factor, ValuesOf
from kb.insight.rates import NORMAL
from kb.insight.situation import names_end

Verdict = Literal["won", "lost", "unclear", "too-few", "one-sided"]

SMOOTHING = 0.5  # added to every cell, so that none is empty (Haldane 1956)
LEAST_DEALS = 3  # with a value, for a verdict
MOST = 60  # contrasts returned
_ORDER: tuple[Verdict, ...] = ("won", "lost", "unclear", "one-sided", "too-few")


@dataclass(frozen=True, slots=True)
class WeightedDeal:
    """A similar deal and its weight, above 0, at most 1."""

    entry: Entry
    weight: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """One value among the won and the lost neighbours."""

    factor: Factor
    value: str
    won: int  # deals with the value
    won_of: int  # deals compared
    lost: int
    lost_of: int
    log_odds: float  # above 0: more frequent in won deals; weighted by similarity
    low: float  # 90 % interval
    high: float
    verdict: Verdict
    evidence: tuple[str, ...]  # ids of the deals with the value, won ones first


def contrasts(
    won: Sequence[WeightedDeal], lost: Sequence[WeightedDeal], values_of: ValuesOf, known: Differences
) -> tuple[Contrast, ...]:
    """Compare won and lost neighbours by every value of every factor, the clearest contrast first.

    The neighbours illustrate what is `known` of all deals; a difference only they show is unclear. An odds ratio does
    not depend on the size of each side, so sides of equal size are fair.
    """
    found = []
    for factor, read in values_of.items():
        values = sorted({value for deal in (*won, *lost) for value in read(deal.entry) if not names_end(value)})
        found += [_contrast(factor, value, won, lost, read, known) for value in values]
    clearest = sorted(found, key=lambda c: (_ORDER.index(c.verdict), -abs(c.log_odds), c.factor, c.value))
    return tuple(clearest[:MOST])


def _contrast(
    factor: Factor,
    value: str,
    won: Sequence[WeightedDeal],
    lost: Sequence[WeightedDeal],
    read: Callable[[Entry], Sequence[str]],
    known: Differences,
) -> Contrast:
    cells: list[float] = []
    having = [[deal for deal in side if value in read(deal.entry)] for side in (won, lost)]
    for side, holders in zip((won, lost), having, strict=True):
        weight = sum(deal.weight for deal in holders)
        cells += [weight + SMOOTHING, sum(deal.weight for deal in side) - weight + SMOOTHING]
    log_odds = math.log(cells[0] * cells[3] / (cells[1] * cells[2]))  # Woolf 1955
    reach = NORMAL * math.sqrt(sum(1 / cell for cell in cells))
    low, high = log_odds - reach, log_odds + reach
    counts = [len(holders) for holders in having]
    evidence = tuple(deal.entry.id for holders in having for deal in holders)
    verdict = known.get((factor, value)) or _without_difference(factor, counts)
    return Contrast(factor, value, counts[0], len(won), counts[1], len(lost), log_odds, low, high, verdict, evidence)


def _without_difference(factor: Factor, counts: Sequence[int]) -> Verdict:
    if sum(counts) < LEAST_DEALS:
        return "too-few"
    return "one-sided" if factor in AFTERWARDS and not all(counts) else "unclear"
