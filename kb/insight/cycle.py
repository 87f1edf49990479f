"""How long deals take, with the open ones counted as not closed yet (Kaplan and Meier 1958)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from kb.entry import Entry
from kb.insight.deals import OPEN, UNKNOWN, DealTable, Flags, Integers
from kb.insight.rates import LEAST_DECIDED, NORMAL
from kb.insight.timeline import closed_on

ROUNDING = 1e-9  # a product of shares that is exactly one half may come out a little higher
HALF = 0.5 + ROUNDING
MARKS = (30, 60, 90, 180, 365)  # days at which the page says how many are still open


@dataclass(frozen=True, slots=True)
class StillOpen:
    """The share of deals not closed so many days after their start, with its 90 % interval."""

    day: int
    at_risk: int  # deals known to have been open that long
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CycleLength:
    """How many days deals take until they close, in whatever way."""

    closed: int
    open: int
    missing: int  # deals without a usable start
    median: float | None  # with open deals; None if fewer than half have closed, or too few deals
    low: int | None  # 90 % interval; None where it has no bound
    high: int | None
    median_of_closed: float | None  # as if the open ones did not exist, for comparison
    curve: tuple[StillOpen, ...] = ()  # at every day on which a deal closed
    marks: tuple[StillOpen, ...] = ()  # at MARKS, as far as deals reach


def days_of(entry: Entry, today: date) -> int | None:
    """Return how long a deal took, or has been open for; None if unknown or impossible."""
    deal, is_open = entry.deal, entry.outcome == "open"
    if deal is None:
        return None
    end = today if is_open else closed_on(entry)
    known = (end - deal.started_on).days if end and deal.started_on else None if is_open else deal.cycle_days
    return known if known is not None and known >= 0 else None


def closed_within(deals: Iterable[Entry], share: float, today: date, least: int) -> int | None:
    """Return by how many days a share of the deals have closed, open ones counted; None below `least` closed deals.

    Where so many have not closed yet, it is the longest time any deal took: some are dead and were left open.
    """
    lengths = [
        (days, deal.outcome != "open") for deal in deals if deal.outcome and (days := days_of(deal, today)) is not None
    ]
    if sum(is_closed for _, is_closed in lengths) < least:
        return None
    curve = _curve(*map(np.array, zip(*lengths, strict=True)))
    return next((step.day for step in curve if step.share <= 1 - share + ROUNDING), curve[-1].day)


def cycle_length(table: DealTable, within: Flags, today: date) -> CycleLength:
    """Estimate the cycle length of the deals in scope."""
    places = np.flatnonzero(within & (table.outcomes != UNKNOWN))
    known = [
        (days, table.outcomes[at] != OPEN) for at in places if (days := days_of(table.deals[at], today)) is not None
    ]
    missing = len(places) - len(known)
    lengths = np.array([length for length, _ in known], np.int64)
    ended = np.array([is_closed for _, is_closed in known], np.bool_)
    closed = int(ended.sum())
    if closed < LEAST_DECIDED:
        return CycleLength(closed, len(known) - closed, missing, None, None, None, None)
    curve = _curve(lengths, ended)
    return CycleLength(
        closed, len(known) - closed, missing, _median(curve), _first_half(curve, "low"),
        _first_half(curve, "high"), float(np.median(lengths[ended])), curve, tuple(_marked(curve, lengths.tolist())),
    )  # fmt: skip


def _first_half(curve: Sequence[StillOpen], bound: str) -> int | None:
    """Return the first day on which half or less are still open, by the share or by a bound of its interval."""
    return next((step.day for step in curve if getattr(step, bound) <= HALF), None)


def _curve(lengths: Integers, ended: Flags) -> tuple[StillOpen, ...]:
    from statsmodels.duration.survfunc import SurvfuncRight  # slow to import

    found = SurvfuncRight(lengths, ended.astype(np.int64))
    return _steps(found.surv_times, found.n_risk, found.surv_prob, found.surv_prob_se)


def _median(curve: Sequence[StillOpen]) -> float | None:
    """Return the day by which half have closed; the middle of the days between which exactly half are still open."""
    at = next((at for at, step in enumerate(curve) if step.share <= HALF), None)
    if at is None:
        return None
    is_exact = curve[at].share > 1 - HALF and at + 1 < len(curve)
    return (curve[at].day + curve[at + 1].day) / 2 if is_exact else float(curve[at].day)


def _steps(*columns: Iterable[float]) -> tuple[StillOpen, ...]:
    """Return the steps of the curve; intervals are symmetric in log(−log share), as that of the median."""
    steps: list[StillOpen] = []
    for day, at_risk, share, error in zip(*columns, strict=True):
        if 0 < share < 1:
            reach = NORMAL * error / (share * abs(math.log(share)))
            low, high = share ** math.exp(reach), share ** math.exp(-reach)
        else:  # the last deal has closed: the formula has no value, but another deal may well take longer
            low, high = 0.0, steps[-1].high if steps else 1.0
        steps.append(StillOpen(int(day), int(at_risk), float(share), float(low), float(high)))
    return tuple(steps)


def _marked(curve: tuple[StillOpen, ...], days: list[int]) -> Iterable[StillOpen]:
    for mark in MARKS:
        at_risk = sum(length >= mark for length in days)
        before = [step for step in curve if step.day <= mark]
        if at_risk and before:
            yield StillOpen(mark, at_risk, before[-1].share, before[-1].low, before[-1].high)
