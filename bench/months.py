"""Simulated months of a base: campaigns and deals that come in bunches, and wins that come late."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from kb.entry import Campaign, Deal, Entry, Reason
from kb.loop.meeting import Meeting, meeting
from kb.loop.period import Period
from kb.loop.records import Records
from kb.playbook import Playbook

MONTH = Period.read("2026-11")
LEADS, SPREAD_OF_LEADS = 40.0, 2.5  # MQLs of a campaign, and the shape of their Gamma
RATES = {"sal": 0.55, "sql": 0.3, "won": 0.25}  # of the stage before
CLUSTERING = 0.06  # intraclass correlation of these rates in a campaign
SPREAD_OF_DEALS = 6.0  # shape of the Gamma of the deals closed in a month
WON, SPREAD_OF_WON = 0.45, 0.35  # win rate, and how much its log odds vary from month to month
REASONS, ANGLES = 8, 10
CONCENTRATION = 60.0  # of the shares of reasons and angles in a month: how much they vary
CYCLE, CYCLE_SHAPE = 55.0, 2.0  # mean days from a campaign to a win, Gamma


@dataclass(frozen=True, slots=True)
class Change:
    """The size of a base, and what is different in its last month."""

    leads: float = 1.0  # factor
    won: float = 0.0  # points added to the win rate
    campaigns: float = 3.0  # that end in a month
    deals: float = 20.0  # closed in a month


NOTHING = Change()


def month_seen(seed: int, day: date, months: int = 18, change: Change = NOTHING) -> Meeting:
    """Return the meeting on the last month, seen on a day, after so many months of records."""
    random = np.random.default_rng(seed)
    campaigns: list[Entry] = []
    deals: list[Entry] = []
    period = MONTH
    for back in range(months + 1):
        now = change if back == 0 else replace(change, leads=1.0, won=0.0)
        ending = 1 + int(random.poisson(change.campaigns - 1))
        campaigns += [_campaign(random, period, day, now, f"{period.key}-{n}") for n in range(ending)]
        deals += _deals(random, period, now)
        period = period.before()
    seen = [deal for deal in deals if deal.sort_date <= day.isoformat()]
    return meeting(MONTH, Playbook(), Records(seen, campaigns), lambda ids: {}, today=day)


def is_said(found: Meeting) -> bool:
    """Whether the meeting says that anything changed."""
    return any(figure.change in ("up", "down") for figure in found.figures) or any(one.is_sure for one in found.moved)


def _campaign(random: np.random.Generator, period: Period, day: date, change: Change, name: str) -> Entry:
    end = period.start + timedelta(days=int(random.integers(period.days)))
    shape = SPREAD_OF_LEADS
    metrics = {"mql": int(random.poisson(random.gamma(shape, LEADS * change.leads / shape)))}
    before = metrics["mql"]
    for stage, share in RATES.items():
        before = int(random.binomial(before, _clustered(random, share)))
        metrics[stage] = before
    metrics["won"] = int((random.gamma(CYCLE_SHAPE, CYCLE / CYCLE_SHAPE, before) <= (day - end).days).sum())
    return Entry(
        id=f"campaigns/{name}", path=f"campaigns/{name}.md", title=name, kind="campaign", body="", body_line=1,
        language="ja", content_hash="", date=end, campaign=Campaign(metrics=metrics),
    )  # fmt: skip


def _clustered(random: np.random.Generator, share: float) -> float:
    size = 1 / CLUSTERING - 1
    return float(random.beta(share * size, (1 - share) * size))


def _deals(random: np.random.Generator, period: Period, change: Change) -> list[Entry]:
    odds = np.log(WON / (1 - WON)) + SPREAD_OF_WON * random.standard_normal()
    share = min(max(1 / (1 + np.exp(-odds)) + change.won, 0.02), 0.98)
    weights = {n: random.dirichlet(np.full(n, CONCENTRATION / n)) for n in (REASONS, ANGLES)}
    count = int(random.poisson(random.gamma(SPREAD_OF_DEALS, change.deals / SPREAD_OF_DEALS)))
    return [_deal(random, period, share, weights, f"{period.key}-{n}") for n in range(count)]


def _deal(
    random: np.random.Generator, period: Period, share: float, weights: dict[int, NDArray[np.float64]], name: str
) -> Entry:
    reasons, angles = (random.choice(n, 2, replace=False, p=weights[n]) for n in (REASONS, ANGLES))
    day = period.start + timedelta(days=int(random.integers(period.days)))
    return Entry(
        id=f"deals/{name}", path=f"deals/{name}.md", title=name, kind="deal", body="", body_line=1, language="ja",
        content_hash="", angle=tuple(f"angle-{one}" for one in angles),
        deal=Deal(
            outcome="won" if random.random() < share else "lost", closed_on=day,
            cycle_days=round(random.gamma(CYCLE_SHAPE, CYCLE / CYCLE_SHAPE)),
            reasons=tuple(Reason(f"reason-{one}") for one in reasons),
        ),
    )  # fmt: skip
