"""Win rates by angle, talk track, campaign, competitor …, with their uncertainty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from kb.insight.deals import LOST, NO_DECISION, OPEN, UNKNOWN, WON, DealTable, Dimension, Flags, Integers
from kb.insight.fair import Fair, Strata, fair_comparison
from kb.insight.rates import (
    FALSE_SHARE,
    LEAST_DECIDED,
    STRENGTH,
    Numbers,
    counted_rate,
    plain_rate,
    probability_above,
    shrunk_rate,
    stands_out,
)

By = Literal["angle", "reason", "competitor", "industry", "talk-track", "campaign", "lead_source", "product"]
OutcomeOf = Literal["decided", "closed"]
Verdict = Literal["too-few", "above", "below", "unclear"]
# How the fair comparison changes the plain one.
Agreement = Literal["same", "weaker", "opposite", "clearer", "not-comparable"]
BYS: tuple[str, ...] = get_args(By)


@dataclass(frozen=True, slots=True)
class Counts:
    """Deals by outcome."""

    won: int
    lost: int
    no_decision: int
    open: int


@dataclass(frozen=True, slots=True)
class Base:
    """All deals in scope together."""

    counts: Counts
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class WinRate:
    """The share of wins, plain and shrunk towards the base, each with a 90 % credible interval."""

    mean: float
    low: float
    high: float
    shrunk_mean: float
    shrunk_low: float
    shrunk_high: float
    p_above_base: float  # probability that the shrunk rate is above the base


@dataclass(frozen=True, slots=True)
class Row:
    """One value with the outcomes of its deals."""

    key: str
    counts: Counts
    rate: WinRate
    verdict: Verdict
    is_one_sided: bool  # a reason is given after the outcome: one-sided, its win rate says nothing
    fair: Fair | None
    agreement: Agreement
    evidence: tuple[str, ...]  # deal ids, newest first


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The data behind the numbers."""

    deals: int
    decided: int
    without_outcome: int  # excluded, reported as problems
    without_value: int  # decided deals without a value of this dimension
    strength: float
    undated: int = 0  # closed deals a period excludes for lack of a date
    uncounted: int = 0  # repeated CRM numbers and days in the future, reported as problems


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """Rows, best supported first."""

    by: By
    outcome_of: OutcomeOf
    base: Base
    rows: tuple[Row, ...]
    looked_at: LookedAt


def scoreboard(
    table: DealTable, within: Flags, by: By, outcome_of: OutcomeOf = "decided", strength: float = STRENGTH
) -> Scoreboard:
    """Count the deals in scope (one flag per deal) by the values of a dimension.

    A rate is won / decided (won and lost) or won / closed (plus no decision); a deal counts once per row.
    """
    dimension = table.dimensions[by]
    counted = _by_value(table.outcomes, within, dimension)
    base = _base(_counts(np.bincount(table.outcomes[within] + 1, minlength=len(_SLOTS))), outcome_of)
    won, against = _sides(counted, outcome_of)
    numbers = _numbers(won, against, strength, _prior(base, outcome_of))
    compared = _Compared(table, within, outcome_of)
    shown = np.flatnonzero(counted[:, 1:].sum(axis=1))
    one_sided = (won * against == 0) & (by == "reason")
    judged = shown[(won[shown] + against[shown] >= LEAST_DECIDED) & ~one_sided[shown]]
    clear = frozenset(judged[stands_out(numbers[-1][judged])].tolist())
    rows = []
    for value in map(int, shown):
        rate = WinRate(*(float(values[value]) for values in numbers))
        verdict = _verdict(int(won[value] + against[value]), rate.p_above_base, value in clear)
        fair = compared.fair(dimension, value) if value in judged else None
        evidence = _evidence(table, within, dimension, value)
        counts, key = _counts(counted[value]), dimension.keys[value]
        rows.append(Row(key, counts, rate, verdict, bool(one_sided[value]), fair, "not-comparable", evidence))
    rows = _with_agreement(rows)
    rows.sort(key=lambda row: (-row.rate.shrunk_low, -row.rate.p_above_base, row.key))
    return Scoreboard(by, outcome_of, base, tuple(rows), _looked_at(table, within, dimension, strength))


def _prior(base: Base, outcome_of: OutcomeOf) -> float:
    """Return the rate that rows are drawn towards: never 0 or 1, even where all deals ended alike."""
    return float(plain_rate(base.counts.won, _against(base.counts, outcome_of)).mean)


def _numbers(won: Integers, against: Integers, strength: float, base: float) -> tuple[Numbers, ...]:
    """Return the fields of WinRate, each for all values."""
    plain, shrunk = counted_rate(won, against), shrunk_rate(won, against, base, strength)
    above = probability_above(won, against, base, strength)
    return plain.mean, plain.low, plain.high, shrunk.mean, shrunk.low, shrunk.high, above


_SLOTS = (UNKNOWN, WON, LOST, NO_DECISION, OPEN)  # columns of the counts


def _by_value(outcomes: Integers, within: Flags, dimension: Dimension) -> Integers:
    """Return deal counts by value and outcome."""
    inside = within[dimension.deals]
    cells = dimension.values[inside] * len(_SLOTS) + outcomes[dimension.deals[inside]] + 1
    counted = np.bincount(cells, minlength=len(dimension.keys) * len(_SLOTS))
    return counted.reshape(-1, len(_SLOTS)).astype(np.int64)


def _counts(slots: Sequence[int] | Integers) -> Counts:
    return Counts(won=int(slots[1]), lost=int(slots[2]), no_decision=int(slots[3]), open=int(slots[4]))


def _sides(counted: Integers, outcome_of: OutcomeOf) -> tuple[Integers, Integers]:
    """Return (wins, all others counted) by value."""
    against = counted[:, 2] + (counted[:, 3] if outcome_of == "closed" else 0)
    return counted[:, 1], against


def _base(counts: Counts, outcome_of: OutcomeOf) -> Base:
    rate = counted_rate(counts.won, _against(counts, outcome_of))
    return Base(counts, float(rate.mean), float(rate.low), float(rate.high))


def _against(counts: Counts, outcome_of: OutcomeOf) -> int:
    return counts.lost + (counts.no_decision if outcome_of == "closed" else 0)


def _verdict(decided: int, above: float, is_clear: bool) -> Verdict:
    if decided < LEAST_DECIDED:
        return "too-few"
    return "unclear" if not is_clear else "above" if above > 0.5 else "below"


def _with_agreement(rows: list[Row]) -> list[Row]:
    """Say of every row how the fair comparison changes its verdict; "clearer" holds over all rows together too."""
    comparable = [row for row in rows if row.fair and row.fair.deals >= LEAST_DECIDED]
    clear = stands_out([row.fair.p_above for row in comparable if row.fair], FALSE_SHARE / 2)
    side = {row.key: row.fair.side if is_clear else "unclear" for row, is_clear in zip(comparable, clear, strict=True)
            if row.fair}  # fmt: skip
    return [replace(row, agreement=_agreement(row, side.get(row.key))) for row in rows]


def _agreement(row: Row, side: str | None) -> Agreement:
    """Return how the fair comparison changes a verdict; `side` is what it says among all rows."""
    if row.fair is None or side is None:
        return "not-comparable"
    if row.verdict in ("too-few", "unclear"):
        return "clearer" if side != "unclear" and row.verdict == "unclear" else "same"
    if row.fair.surely not in ("unclear", row.verdict):
        return "opposite"
    return "weaker" if row.fair.explained_by else "same"


class _Compared:
    """The decided deals in scope, grouped once for all rows."""

    def __init__(self, table: DealTable, within: Flags, outcome_of: OutcomeOf) -> None:
        ends = (WON, LOST, NO_DECISION) if outcome_of == "closed" else (WON, LOST)
        self._decided = within & np.isin(table.outcomes, ends)
        self._strata = Strata.of(table.strata[self._decided], table.outcomes[self._decided] == WON)
        self._size = len(table)

    def fair(self, dimension: Dimension, value: int) -> Fair | None:
        having = np.zeros(self._size, np.bool_)
        having[dimension.holders(value)] = True
        return fair_comparison(self._strata, having[self._decided])


def _evidence(table: DealTable, within: Flags, dimension: Dimension, value: int) -> tuple[str, ...]:
    holders = dimension.holders(value)
    places = holders[within[holders]]
    return tuple(table.deals[place].id for place in places[np.argsort(table.ranks[places])])


def _looked_at(table: DealTable, within: Flags, dimension: Dimension, strength: float) -> LookedAt:
    outcomes = Counter(table.outcomes[within].tolist())
    named = np.zeros(len(table), np.bool_)
    named[dimension.deals] = True
    decided = within & np.isin(table.outcomes, (WON, LOST))
    uncounted = sum(table.deals[place].id in table.uncounted for place in np.flatnonzero(within))
    return LookedAt(
        deals=int(within.sum()),
        decided=int(decided.sum()),
        without_outcome=outcomes[UNKNOWN] - uncounted,
        without_value=int((decided & ~named).sum()),
        strength=strength,
        uncounted=uncounted,
    )
