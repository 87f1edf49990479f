"""The clock: the only place that reads the system time.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time


def _system_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """The current time, replaceable in tests; `read` returns a time-zone-aware datetime."""

    read: Callable[[], datetime] = _system_time

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self.read().astimezone(UTC)

    def today(self) -> date:
        """Return today's date in the machine's time zone."""
        return self.read().astimezone().date()


def midnight(day: date) -> datetime:
    """Return when a day begins in the machine's time zone."""
    return datetime.combine(day, time.min).astimezone()


CLOCK = Clock()
