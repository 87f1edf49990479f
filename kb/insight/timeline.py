"""Win rates over time: by the month deals began in, and by the quarter they closed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from kb.entry import Entry
from kb.insight.deals import UNKNOWN, DealTable, Flags
from kb.insight.rates import LEAST_DECIDED, counted_rate
from kb.insight.scoreboard import Base, Counts, OutcomeOf

TimelineBy = Literal["started", "closed"]
MOST_PERIODS = 12  # months or quarters, up to the newest


@dataclass(frozen=True, slots=True)
class PeriodRate:
    """The deals of one period; the share of wins among the decided with its 90 % interval, drawn towards nothing."""

    period: str  # 2026-04 or 2026-Q2
    counts: Counts
    mean: float
    low: float
    high: float
    is_enough: bool  # for a rate
    is_running: bool  # the period is not over yet


@dataclass(frozen=True, slots=True)
class Timeline:
    """The periods in order, without gaps, and all their deals together."""

    by: TimelineBy
    outcome_of: OutcomeOf
    rows: tuple[PeriodRate, ...]
    base: Base
    undated: int  # deals without the day that this timeline needs
    earlier: int  # deals before the first row


def started_on(entry: Entry) -> date | None:
    """Return the day a deal began: as recorded, else its closing day less its cycle days."""
    deal = entry.deal
    if deal is None or deal.started_on:
        return deal.started_on if deal else None
    if deal.closed_on is None or deal.cycle_days is None:
        return None
    try:
        return deal.closed_on - timedelta(days=deal.cycle_days)
    except OverflowError:  # more days than there are years
        return None


def closed_on(entry: Entry) -> date | None:
    """Return the day a deal closed; None while it is open."""
    return date.fromisoformat(entry.sort_date) if entry.outcome != "open" and entry.sort_date else None


def timeline(
    table: DealTable, within: Flags, by: TimelineBy, today: date, outcome_of: OutcomeOf = "decided"
) -> Timeline:
    """Count the deals in scope by start month, or the closed ones by closing quarter."""
    day_of: Callable[[Entry], date | None] = started_on if by == "started" else closed_on
    step = 1 if by == "started" else 3
    counted: dict[int, Counter[str]] = {}
    undated = 0
    for place in np.flatnonzero(within & (table.outcomes != UNKNOWN)):
        entry = table.deals[place]
        if by == "closed" and entry.outcome == "open":
            continue
        day = day_of(entry)
        if day is None or day > today:
            undated += 1
        else:
            counted.setdefault(_number(day, step), Counter())[str(entry.outcome)] += 1
    last = max(counted, default=0)
    first = max(min(counted, default=0), last - MOST_PERIODS + 1)
    numbers = range(first, last + 1) if counted else range(0)
    rows = tuple(
        _rated(
            _name(number, step), counted.get(number, Counter()), outcome_of, is_running=number == _number(today, step)
        )
        for number in numbers
    )
    whole = sum((counted.get(number, Counter()) for number in numbers), Counter[str]())
    earlier = sum(counts.total() for number, counts in counted.items() if number < first)
    return Timeline(by, outcome_of, rows, _base(whole, outcome_of), undated, earlier)


def _number(day: date, step: int) -> int:
    """Return how many months or quarters lie before a day."""
    return (day.year * 12 + day.month - 1) // step


def _name(number: int, step: int) -> str:
    year, part = divmod(number, 12 // step)
    return f"{year:04d}-{part + 1:02d}" if step == 1 else f"{year:04d}-Q{part + 1}"


def _sides(ends: Counter[str], outcome_of: OutcomeOf) -> tuple[int, int]:
    return ends["won"], ends["lost"] + (ends["no-decision"] if outcome_of == "closed" else 0)


def _counts(ends: Counter[str]) -> Counts:
    return Counts(ends["won"], ends["lost"], ends["no-decision"], ends["open"])


def _rated(period: str, ends: Counter[str], outcome_of: OutcomeOf, *, is_running: bool) -> PeriodRate:
    won, against = _sides(ends, outcome_of)
    rate = counted_rate(won, against)
    is_enough = won + against >= LEAST_DECIDED
    return PeriodRate(period, _counts(ends), float(rate.mean), float(rate.low), float(rate.high), is_enough, is_running)


def _base(ends: Counter[str], outcome_of: OutcomeOf) -> Base:
    rate = counted_rate(*_sides(ends, outcome_of))
    return Base(_counts(ends), float(rate.mean), float(rate.low), float(rate.high))
