"""What distinguishes won from lost deals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kb.entry import Entry
from kb.insight.rates import NORMAL
from kb.insight.situation import names_end

Factor = Literal["angle", "reason", "competitor", "content", "lead_source", "stage", "tag"]
Verdict = Literal["won", "lost", "unclear", "too-few", "one-sided"]

SMOOTHING = 0.5  # added to every cell, so that none is empty (Haldane 1956)
LEAST_DEALS = 3  # with a value, for a verdict
MOST = 60  # contrasts returned
AFTERWARDS = ("reason", "stage")  # factors known only at the end: a one-sided one proves nothing
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


ValuesOf = Mapping[Factor, Callable[[Entry], Sequence[str]]]


def contrasts(won: Sequence[WeightedDeal], lost: Sequence[WeightedDeal], values_of: ValuesOf) -> tuple[Contrast, ...]:
    """Compare won and lost neighbours by every value of every factor, the clearest contrast first.

    An odds ratio does not depend on the size of each side, so sides of equal size are fair.
    """
    found = []
    for factor, read in values_of.items():
        values = sorted({value for deal in (*won, *lost) for value in read(deal.entry) if not names_end(value)})
        found += [_contrast(factor, value, won, lost, read) for value in values]
    clearest = sorted(found, key=lambda c: (_ORDER.index(c.verdict), -abs(c.log_odds), c.factor, c.value))
    return tuple(clearest[:MOST])


def _contrast(
    factor: Factor,
    value: str,
    won: Sequence[WeightedDeal],
    lost: Sequence[WeightedDeal],
    read: Callable[[Entry], Sequence[str]],
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
    verdict = _verdict(factor, counts, low, high)
    return Contrast(factor, value, counts[0], len(won), counts[1], len(lost), log_odds, low, high, verdict, evidence)


def _verdict(factor: Factor, counts: Sequence[int], low: float, high: float) -> Verdict:
    if sum(counts) < LEAST_DEALS:
        return "too-few"
    if factor in AFTERWARDS and not all(counts):
        return "one-sided"
    return "won" if low > 0 else "lost" if high < 0 else "unclear"
