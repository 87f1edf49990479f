"""Refused requests, counted: a program that keeps asking becomes one row per person, route and minute."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from kb.clock import Clock
from kb.people.acting import Acting

PERIOD = timedelta(minutes=1)
MOST = 1_000  # counted apart at a time; what exceeds them is counted together
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Denied:
    """The refusals of one minute."""

    at: datetime  # of the first
    who: Acting
    route: str
    status: int
    count: int


class Denials:
    """The refusals of the current minute. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counted: dict[tuple[str, str, int], Denied] = {}

    def add(self, who: Acting, route: str, status: int) -> None:
        """Count a refusal."""
        key = (who.viewer.person or who.network, route, status)
        with self._lock:
            if key not in self._counted and len(self._counted) >= MOST:
                key, who, route = (OTHERS, OTHERS, status), Acting(way=OTHERS), OTHERS
            known = self._counted.get(key)
            first = known or Denied(self._clock.now(), who, route, status, 0)
            self._counted[key] = Denied(first.at, first.who, first.route, first.status, first.count + 1)

    def take(self, *, at_once: bool = False) -> list[Denied]:
        """Return and forget the counts whose minute is over, or all of them."""
        until = self._clock.now() - PERIOD
        with self._lock:
            over = [key for key, one in self._counted.items() if at_once or one.at <= until]
            return [self._counted.pop(key) for key in over]
