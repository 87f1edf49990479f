"""The records of earlier periods: how much a number varies from one to the next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kb.entry import Entry
from kb.loop.period import Period
from kb.loop.records import Records, campaign_end

MOST_PAST = 24  # two years of months: what was usual before that says little


@dataclass(frozen=True, slots=True)
class Past:
    """A period before, and the records that ended in it."""

    period: Period
    records: Records


def past_of(records: Records, period: Period) -> tuple[Past, ...]:
    """Return the MOST_PAST periods before, the newest first; of a partial period the same days of each."""
    periods = [period.before()]
    while len(periods) < MOST_PAST:
        periods.append(periods[-1].before())
    periods.reverse()
    spans = [(one.start.isoformat(), one.end.isoformat()) for one in periods]
    deals = _sorted_in(((deal.sort_date, deal) for deal in records.deals), spans)
    ends = ((str(campaign_end(entry) or ""), entry) for entry in records.campaigns)
    campaigns = _sorted_in(ends, spans)
    return tuple(
        Past(one, replace(records, deals=held, campaigns=ended))
        for one, held, ended in reversed(list(zip(periods, deals, campaigns, strict=True)))
    )


def _sorted_in(dated: Iterable[tuple[str, Entry]], spans: list[tuple[str, str]]) -> list[list[Entry]]:
    """Return the entries by the span that holds their day; spans are ascending and do not overlap."""
    starts = [start for start, _ in spans]
    held: list[list[Entry]] = [[] for _ in spans]
    for day, entry in dated:
        place = bisect_right(starts, day) - 1
        if place >= 0 and day <= spans[place][1]:
            held[place].append(entry)
    return held
