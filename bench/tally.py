"""What clients of several servers met with, and whether it may happen while something is down."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

GRACE_SECONDS = 5.0  # after everything is up again, and before a request notices that something went down
AWAY = "away"  # instead of a status: no answer came


@dataclass(slots=True)
class Tally:
    """Counts of answers, times, and what was wrong."""

    seconds: list[float] = field(default_factory=list)  # of answers while everything was up
    answers: Counter[str] = field(default_factory=Counter)  # by kind of request and status
    errors: Counter[str] = field(default_factory=Counter)  # those that nothing excuses
    wrong: list[str] = field(default_factory=list)
    found_after: list[float] = field(default_factory=list)  # seconds until a save was found on another server
    unfound: list[str] = field(default_factory=list)
    outages: list[list[float]] = field(default_factory=list)  # from, to; infinity while it lasts
    kills: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def outage(self, name: str) -> Iterator[None]:
        """Note that something is down as long as this lasts."""
        outage = [time.monotonic(), float("inf")]
        self.outages.append(outage)
        self.kills[name] += 1
        try:
            yield
        finally:
            outage[1] = time.monotonic()

    def is_excused(self, began: float, ended: float) -> bool:
        """Whether something was down meanwhile."""
        return any(start - GRACE_SECONDS < ended and began < end + GRACE_SECONDS for start, end in self.outages)

    def add(self, kind: str, status: str, began: float, *, fine: tuple[str, ...], retry_after: bool) -> None:
        """Count an answer; `fine` are the statuses that may always come."""
        ended = time.monotonic()
        is_excused = self.is_excused(began, ended)
        self.answers[f"{kind} {status}"] += 1
        if status in fine:
            if not is_excused:
                self.seconds.append(ended - began)
            return
        may_come = status == AWAY or (status == "503" and retry_after)
        if not (is_excused and may_come):
            self.errors[f"{kind} {status}{'' if may_come else ' unexpected'}"] += 1
