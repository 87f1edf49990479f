"""The period a meeting covers: an ISO week or a month.

Standard library only, besides `errors` and `wording`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kb.errors import BadPeriodError
from kb.wording import say

_WRITTEN = re.compile(r"(\d{4})-(?:W(\d{2})|(\d{2}))")
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)
FIRST_YEAR = 1900
AHEAD = timedelta(days=62)  # how early a meeting can be prepared


@dataclass(frozen=True, slots=True)
class Period:
    """A week (2026-W47) or a month (2026-11), or its first days."""

    key: str
    start: date
    end: date

    @classmethod
    def read(cls, text: str) -> Period:
        """Parse a week or a month. Raises BadPeriodError."""
        found = _WRITTEN.fullmatch(text.strip().upper())
        try:
            if found and int(found[1]) >= FIRST_YEAR:
                year, week, month = int(found[1]), found[2], found[3]
                return cls.week_of(date.fromisocalendar(year, int(week), 1)) if week else _month(year, int(month))
        except (ValueError, OverflowError):
            pass
        raise BadPeriodError(
            say("'{value}' is not a period; use a week such as 2026-W47 or a month such as 2026-11.", value=text[:60])
        )

    @classmethod
    def week_of(cls, day: date) -> Period:
        """Return the ISO week of a day."""
        year, week, weekday = day.isocalendar()
        start = day - timedelta(days=weekday - 1)
        return cls(f"{year:04d}-W{week:02d}", start, start + A_WEEK - A_DAY)

    @property
    def is_week(self) -> bool:
        """Whether this is a week rather than a month."""
        return "W" in self.key

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.start).days + 1

    @property
    def share(self) -> float:
        """The share of the whole week or month; 1 unless it was cut short."""
        return self.days / self._around(self.start).days

    @property
    def is_partial(self) -> bool:
        """Whether it was cut short and is not over."""
        return self.end < self._around(self.start).end

    def until(self, today: date) -> Period:
        """Return the days up to today; the whole period if it is over or has not begun."""
        return replace(self, end=min(self.end, today)) if self.start <= today else self

    def before(self) -> Period:
        """Return the preceding week or month; of a partial period, as many days of it from its start."""
        whole = self._around(self.start - A_DAY)
        return replace(whole, end=min(whole.end, whole.start + (self.end - self.start))) if self.is_partial else whole

    def after(self) -> Period:
        """Return the following week or month."""
        return self._around(self._around(self.start).end + A_DAY)

    def contains(self, day: date | None) -> bool:
        """Whether a day is within the period."""
        return day is not None and self.start <= day <= self.end

    def _around(self, day: date) -> Period:
        return Period.week_of(day) if self.is_week else _month(day.year, day.month)


def near_period(text: str, today: date) -> Period:
    """Parse a period that has started or can be prepared; an empty text means this week. Raises BadPeriodError."""
    period = Period.read(text) if text.strip() else Period.week_of(today)
    if period.start > today + AHEAD:
        raise BadPeriodError(say("{value} is more than two months ahead. Choose an earlier period.", value=period.key))
    return period


def _month(year: int, month: int) -> Period:
    following = date(year + month // 12, month % 12 + 1, 1)
    return Period(f"{year:04d}-{month:02d}", date(year, month, 1), following - A_DAY)
