"""When the rates of a period may be judged: wins come weeks after the campaign that began them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kb.insight.cycle import closed_within
from kb.loop.period import Period
from kb.loop.ratios import is_of_deals
from kb.loop.records import Records

MATURE_SHARE = 0.9  # of the deals have closed by this age: what is still to come moves a rate by a tenth
LEAST_CYCLES = 10  # closed deals with a length: below that, a ninetieth percentile is a guess
STAGE_DAYS = 14  # until a lead is accepted or qualified: sales answer within days, and nothing records when


@dataclass(frozen=True, slots=True)
class Cohort:
    """What became of the leads of a period so far."""

    is_mature: bool = True
    matures_on: str = ""  # the first day of a verdict; empty if it is mature, or if nobody can tell
    open: int = 0  # deals of these campaigns that are still open
    deals: int = 0  # all deals of these campaigns


SETTLED = Cohort()


def cohort(ratio: str, records: Records, period: Period, today: date | None) -> Cohort:
    """Return whether a ratio of a period may be judged; without a day everything may."""
    if today is None or not ratio or is_of_deals(ratio):
        return SETTLED
    is_won = ratio.startswith("won/")
    wait = closed_within(records.deals, MATURE_SHARE, today, LEAST_CYCLES) if is_won else STAGE_DAYS
    if wait is not None and period.end + timedelta(days=wait) <= today:
        return SETTLED
    ids = {entry.id for entry in records.ended(period)}
    deals = [entry for entry in records.deals if is_won and entry.deal and entry.deal.campaign in ids]
    day = "" if wait is None else (period.end + timedelta(days=wait)).isoformat()
    return Cohort(False, day, sum(entry.outcome == "open" for entry in deals), len(deals))
