"""What time it is: the one place that asks the machine.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime


def _machine() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time to whoever computes with it; `read` returns a moment with its time zone."""

    read: Callable[[], datetime] = _machine

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return self.read().astimezone(UTC)

    def today(self) -> date:
        """Return the day where this machine stands."""
        return self.read().astimezone().date()


CLOCK = Clock()  # the machine's
