"""The records a meeting counts: deals that closed and campaigns that ended in a period."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from kb.entry import Entry
from kb.loop.period import Period

_DAY = re.compile(r"(\d{4})\s*[-/年.]\s*(\d{1,2})\s*[-/月.]\s*(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Records:
    """The records behind the figures."""

    deals: Sequence[Entry]
    campaigns: Sequence[Entry]
    known: Collection[str] | None = None  # ids of existing entries; None: every id counts as one
    weights: Mapping[str, float] = field(default_factory=dict)  # closed deals a note stands for, by id, where known

    def closed(self, period: Period) -> list[Entry]:
        """Return the deals closed in a period, newest first."""
        first, last = period.start.isoformat(), period.end.isoformat()
        found = [d for d in self.deals if d.outcome not in (None, "open") and first <= d.sort_date <= last]
        return sorted(found, key=lambda deal: (deal.sort_date, deal.id), reverse=True)

    def ended(self, period: Period) -> list[Entry]:
        """Return the campaigns that ended in a period."""
        return [entry for entry in self.campaigns if period.contains(campaign_end(entry))]

    def used(self, entry: Entry) -> list[str]:
        """Return the existing entries a deal used, each once."""
        used = dict.fromkeys(entry.deal.used) if entry.deal else ()
        return [one for one in used if self.known is None or one in self.known]

    def last_end(self, until: date) -> date | None:
        """Return the last day on which a deal was closed or a campaign ended."""
        last = until.isoformat()
        days = [d.sort_date for d in self.deals if d.outcome not in (None, "open") and "" < d.sort_date <= last]
        ends = [day for entry in self.campaigns if (day := campaign_end(entry)) and day <= until]
        return max([*ends, *([date.fromisoformat(max(days))] if days else [])], default=None)

    def months_counted(self, until: date) -> list[Period]:
        """Return the months in which a campaign with numbers ended, newest first."""
        counted = [campaign_end(entry) for entry in self.campaigns if entry.campaign and entry.campaign.metrics]
        months = {f"{day:%Y-%m}" for day in counted if day and day <= until}
        return [Period.read(month) for month in sorted(months, reverse=True)]


def campaign_end(entry: Entry) -> date | None:
    """Return the last day of a campaign's period, else the date of its entry."""
    for year, month, day in reversed(_DAY.findall(entry.campaign.period if entry.campaign else "")):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return entry.date
