"""Reasons by who gave them, and lost deals by reason and stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kb.entry import Deal, Reason
from kb.index.analysis import fold
from kb.insight.deals import LOST, WON, DealTable, Flags
from kb.insight.rates import LEAST_DECIDED, counted_rate

Speaker = Literal["buyer", "rep", "manager", "unnamed"]
SPEAKERS: tuple[Speaker, ...] = ("buyer", "rep", "manager", "unnamed")  # unnamed: from the CRM, or nobody is named
ENDS = (("lost", LOST), ("won", WON))


@dataclass(frozen=True, slots=True)
class SaidReason:
    """How often one side gave a reason, as a share of the deals for which that side gave any."""

    outcome: str
    code: str
    speaker: Speaker
    count: int
    of: int
    mean: float
    low: float  # 90 % interval
    high: float
    is_enough: bool  # for a share


@dataclass(frozen=True, slots=True)
class Agreed:
    """Deals for which both the customer and the rep gave a reason, and how many share one."""

    outcome: str
    both: int
    same: int


@dataclass(frozen=True, slots=True)
class SaidBy:
    """Reasons of lost and won deals, one row for each side that could have given them."""

    rows: tuple[SaidReason, ...]  # lost first, the most frequent reasons first, SPEAKERS in order
    agreed: tuple[Agreed, ...]
    without: tuple[tuple[str, int, int], ...]  # outcome, deals without any reason, all deals


@dataclass(frozen=True, slots=True)
class StageReason:
    """Lost deals with a reason that ended at a stage."""

    code: str
    stage: str  # as first written
    count: int


@dataclass(frozen=True, slots=True)
class StageReasons:
    """Lost deals by reason and last stage; only counts."""

    rows: tuple[StageReason, ...]  # most frequent reasons first, then stages
    lost: int
    without_stage: int
    without_reason: int


def said_by(table: DealTable, within: Flags) -> SaidBy:
    """Compare what customers, reps and managers give as reasons."""
    rows: list[SaidReason] = []
    agreed, without = [], []
    for outcome, end in ENDS:
        deals = _deals(table, within, end)
        said = [{side: {r.code for r in deal.reasons if _speaker(r) == side} for side in SPEAKERS} for deal in deals]
        rows += _said(outcome, said)
        both = [one for one in said if one["buyer"] and one["rep"]]
        agreed.append(Agreed(outcome, len(both), sum(bool(one["buyer"] & one["rep"]) for one in both)))
        without.append((outcome, sum(not any(one.values()) for one in said), len(said)))
    return SaidBy(tuple(rows), tuple(agreed), tuple(without))


def reason_stages(table: DealTable, within: Flags) -> StageReasons:
    """Count the lost deals by reason and last stage."""
    deals = _deals(table, within, LOST)
    counted: Counter[tuple[str, str]] = Counter()
    written: dict[str, str] = {}
    for deal in deals:
        stage = fold(deal.stage).strip()
        if stage:
            written.setdefault(stage, deal.stage.strip())
            counted.update((code, stage) for code in dict.fromkeys(reason.code for reason in deal.reasons))
    reasons, stages = _totals(code for code, _ in counted.elements()), _totals(at for _, at in counted.elements())
    ranked = sorted(counted, key=lambda pair: (-reasons[pair[0]], pair[0], -stages[pair[1]], pair[1]))
    return StageReasons(
        tuple(StageReason(code, written[stage], counted[code, stage]) for code, stage in ranked),
        len(deals),
        sum(not deal.stage.strip() for deal in deals),
        sum(not deal.reasons for deal in deals),
    )


def _totals(values: Iterable[str]) -> Counter[str]:
    return Counter(values)


def _deals(table: DealTable, within: Flags, end: int) -> list[Deal]:
    entries = (table.deals[place] for place in np.flatnonzero(within & (table.outcomes == end)))
    return [entry.deal for entry in entries if entry.deal]


def _speaker(reason: Reason) -> Speaker:
    return "unnamed" if reason.source in (None, "crm") else reason.source  # type: ignore[return-value]


def _said(outcome: str, said: list[dict[Speaker, set[str]]]) -> list[SaidReason]:
    given = {side: Counter(code for one in said for code in one[side]) for side in SPEAKERS}
    of = {side: sum(bool(one[side]) for one in said) for side in SPEAKERS}
    totals = Counter(code for one in said for code in set[str]().union(*one.values()))
    rows = []
    for code in sorted(totals, key=lambda code: (-totals[code], code)):
        for side in SPEAKERS:
            count, all_of = given[side][code], of[side]
            rate = counted_rate(count, all_of - count)
            rows.append(SaidReason(outcome, code, side, count, all_of, float(rate.mean), float(rate.low),
                                   float(rate.high), all_of >= LEAST_DECIDED))  # fmt: skip
    return rows
