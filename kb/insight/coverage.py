"""Coverage: are the noted deals representative? An outcome recorded less often moves every win rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kb.entry import OUTCOMES
from kb.insight.deals import DealTable
from kb.playbook import ClosedDeals, Playbook

LEAST_CLOSED = 5  # of an outcome, for a meaningful share
FAR_BELOW = 0.8  # warn if the noted share of one outcome is below this part of that of the other


@dataclass(frozen=True, slots=True)
class Covered:
    """Closed deals of one outcome in one segment, and how many of them are noted."""

    outcome: str
    industry: str  # key; empty for all
    closed: int
    noted: int

    @property
    def share(self) -> float:
        """The noted share, at most 1: with more notes than deals the total is wrong, or deals are noted twice."""
        return min(1.0, self.noted / self.closed) if self.closed else 0.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of reality the notes cover; empty without totals in the playbook."""

    rows: tuple[Covered, ...] = ()
    losses_under_recorded: bool = False
    segments: tuple[str, ...] = ()  # industries in which losses are under-recorded
    wins_under_recorded: bool = False
    segments_without_wins: tuple[str, ...] = ()  # industries in which wins are
    whole: tuple[Covered, ...] = ()  # of all industries, one row per outcome that has totals


def coverage(table: DealTable, playbook: Playbook) -> Coverage:
    """Compare the notes with the totals of the playbook."""
    rows = tuple(
        Covered(total.outcome, total.industry, total.count, _noted(table, total)) for total in playbook.closed_deals
    )
    whole = _summed(rows)
    by_industry = {name: [row for row in rows if row.industry == name] for name in sorted({r.industry for r in rows})}
    segments = {
        end: tuple(name for name, mine in by_industry.items() if name and _under_recorded(_summed(mine), end))
        for end in ("lost", "won")
    }
    return Coverage(
        rows, _under_recorded(whole, "lost"), segments["lost"], _under_recorded(whole, "won"), segments["won"],
        tuple(row for row in whole if row.closed),
    )  # fmt: skip


def _noted(table: DealTable, total: ClosedDeals) -> int:
    found = 0
    for deal in np.flatnonzero(table.outcomes == OUTCOMES.index(total.outcome)):
        entry = table.deals[deal]
        found += _in_time(entry.sort_date, total) and (not total.industry or total.industry in entry.industry)
    return found


def _in_time(day: str, total: ClosedDeals) -> bool:
    if not day:
        return not (total.date_from or total.date_to)  # as in a search: undated deals are in no period
    return total.date_from <= day <= (total.date_to or "9999")


def _summed(rows: Sequence[Covered]) -> list[Covered]:
    """Return one row per outcome; totals of all industries take precedence over those of single ones."""
    summed = []
    for outcome in OUTCOMES:
        mine = [row for row in rows if row.outcome == outcome]
        counted = [row for row in mine if not row.industry] or mine
        summed.append(Covered(outcome, "", sum(r.closed for r in counted), sum(r.noted for r in counted)))
    return summed


def _under_recorded(rows: Sequence[Covered], outcome: str) -> bool:
    """Whether an outcome, won or lost, has a note far less often than the other."""
    known = {row.outcome: row for row in rows if row.closed >= LEAST_CLOSED}
    if not {"won", "lost"} <= known.keys():
        return False
    other = "won" if outcome == "lost" else "lost"
    return known[outcome].share < known[other].share * FAR_BELOW
