"""The overview beside the scoreboard: reasons by month, campaign funnels, angles by industry.

Only counts; the pages draw and describe them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from kb.entry import Entry
from kb.insight.deals import LOST, NO_DECISION, WON, DealTable, Dimension, Flags, Integers
from kb.insight.rates import LEAST_DECIDED, STRENGTH, plain_rate, shrunk_rate
from kb.insight.scoreboard import OutcomeOf

FUNNEL = ("mql", "sal", "sql", "won")  # the stages both teams share, from hand-over to order
MONTHS = 12  # up to the newest decided deal
SIDES = ("won", "lost")


@dataclass(frozen=True, slots=True)
class MonthlyReason:
    """The number of deals of one outcome with a reason, by month."""

    code: str
    outcome: str  # of SIDES
    counts: tuple[int, ...]  # per month

    @property
    def total(self) -> int:
        """The deals of all months."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Monthly:
    """The reasons of wins and losses over the last months, most frequent first."""

    months: tuple[str, ...] = ()  # 2026-04, ascending without gaps
    reasons: tuple[MonthlyReason, ...] = ()
    deals: tuple[int, int] = (0, 0)  # won and lost in these months, with or without a reason


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many leads of a campaign reached each stage of FUNNEL; None if not counted."""

    campaign: str  # entry id
    counts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """The decided deals of an angle in an industry."""

    angle: str
    industry: str
    won: int
    decided: int
    share: float  # of wins, shrunk towards the base as on the scoreboard
    is_enough: bool  # for a statement


@dataclass(frozen=True, slots=True)
class Overview:
    """All of them, for the same filters."""

    monthly: Monthly
    funnels: tuple[Funnel, ...]
    cells: tuple[Cell, ...]  # only where there are decided deals


def monthly_reasons(table: DealTable, within: Flags) -> Monthly:
    """Count the reasons of won and lost deals by the month they were closed."""
    decided = [
        deal
        for place in np.flatnonzero(within & np.isin(table.outcomes, (WON, LOST)))
        if (deal := table.deals[place]).sort_date
    ]
    if not decided:
        return Monthly()
    months = _months(min(deal.sort_date[:7] for deal in decided), max(deal.sort_date[:7] for deal in decided))
    places = {month: place for place, month in enumerate(months)}
    recent = [deal for deal in decided if deal.sort_date[:7] in places]
    counted: dict[tuple[str, str], Counter[int]] = {}
    for deal in recent:
        for code in dict.fromkeys(reason.code for reason in deal.deal.reasons) if deal.deal else ():
            counted.setdefault((str(deal.outcome), code), Counter())[places[deal.sort_date[:7]]] += 1
    reasons = [
        MonthlyReason(code, outcome, tuple(counts[place] for place in range(len(months))))
        for (outcome, code), counts in counted.items()
    ]
    reasons.sort(key=lambda reason: (-reason.total, reason.outcome, reason.code))
    ends = Counter(deal.outcome for deal in recent)
    return Monthly(months, tuple(reasons), (ends["won"], ends["lost"]))


def funnels(campaigns: Iterable[Entry]) -> tuple[Funnel, ...]:
    """Return the funnels of campaigns that counted at least two stages."""
    found = []
    for entry in campaigns:
        counts = tuple(entry.campaign.metrics.get(stage) for stage in FUNNEL) if entry.campaign else ()
        if sum(count is not None for count in counts) > 1:
            found.append(Funnel(entry.id, counts))
    return tuple(found)


def angles_by_industry(
    table: DealTable, within: Flags, outcome_of: OutcomeOf = "decided", strength: float = STRENGTH
) -> tuple[Cell, ...]:
    """Return the wins of each angle in each industry; a deal counts once per pair."""
    ends = (WON, LOST, NO_DECISION) if outcome_of == "closed" else (WON, LOST)
    inside = within & np.isin(table.outcomes, ends)
    won = table.outcomes == WON
    base = float(plain_rate(int((inside & won).sum()), int((inside & ~won).sum())).mean)
    angles, industries = table.dimensions["angle"], table.dimensions["industry"]
    counted: dict[tuple[int, int], list[int]] = {}
    by_deal = _values_by_deal(industries)
    for deal, angle in zip(angles.deals.tolist(), angles.values.tolist(), strict=True):
        for industry in by_deal.get(deal, ()) if inside[deal] else ():
            counts = counted.setdefault((angle, industry), [0, 0])
            counts[0] += bool(won[deal])
            counts[1] += 1
    sides: Integers = np.array(list(counted.values()), np.int64).reshape(-1, 2)
    shares = shrunk_rate(sides[:, 0], sides[:, 1] - sides[:, 0], base, strength).mean.tolist()
    return tuple(
        Cell(angles.keys[angle], industries.keys[industry], wins, decided, share, decided >= LEAST_DECIDED)
        for ((angle, industry), (wins, decided)), share in zip(counted.items(), shares, strict=True)
    )


def _values_by_deal(dimension: Dimension) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for deal, value in zip(dimension.deals.tolist(), dimension.values.tolist(), strict=True):
        found.setdefault(deal, []).append(value)
    return found


def _months(first: str, last: str) -> tuple[str, ...]:
    """Return the months from first to last, at most the last MONTHS."""
    end = date.fromisoformat(f"{last}-01")
    number = end.year * 12 + end.month - 1
    start = date.fromisoformat(f"{first}-01")
    begin = max(start.year * 12 + start.month - 1, number - MONTHS + 1)
    return tuple(f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(begin, number + 1))
