"""Refused requests, counted: one row per person, route and minute, and one per network of strangers and hour.

Strangers can add little to the audit log, whatever they ask for and from however many addresses.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kb.clock import Clock
from kb.people.acting import Acting
from kb.people.networks import network_of

PERIOD, OF_STRANGERS = timedelta(minutes=1), timedelta(hours=1)
MOST, MOST_STRANGERS = 1_000, 100  # counted apart at a time; what exceeds them is counted together
OTHERS = "others"
SEVERAL = "…"  # routes


@dataclass(frozen=True, slots=True)
class Denied:
    """The refusals of one period."""

    at: datetime  # of the first
    who: Acting
    route: str
    status: int
    count: int

    @property
    def period(self) -> timedelta:
        """How long they are counted together."""
        return PERIOD if self.who.viewer.person else OF_STRANGERS


class Denials:
    """The refusals of the current minute or hour. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._people: dict[tuple[str, str, int], Denied] = {}
        self._strangers: dict[tuple[str, str, int], Denied] = {}

    def add(self, who: Acting, route: str, status: int) -> None:
        """Count a refusal."""
        person = who.viewer.person
        counted, most = (self._people, MOST) if person else (self._strangers, MOST_STRANGERS)
        key = (person, route, status) if person else (network_of(who.network), "", status)
        with self._lock:
            if key not in counted and len(counted) >= most:
                key, who, route = (OTHERS, OTHERS, status), Acting(way=OTHERS), OTHERS
            known = counted.get(key) or Denied(self._clock.now(), who, route, status, 0)
            several = known.route if known.route == route else SEVERAL
            counted[key] = replace(known, route=several, count=known.count + 1)

    def take(self, *, at_once: bool = False) -> list[Denied]:
        """Return and forget the counts whose period is over, or all of them."""
        now, over = self._clock.now(), []
        with self._lock:
            for counted in (self._people, self._strangers):
                keys = [key for key, one in counted.items() if at_once or one.at <= now - one.period]
                over += [counted.pop(key) for key in keys]
        return over
