"""What clients of several servers met with, and whether it may happen while something is down."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

GRACE_SECONDS = 5.0  # after everything is up again, and before a request notices that something went down
AWAY = "away"  # instead of a status: no answer came
FROZEN = " frozen"  # behind the name of what is not killed but paused
FOREVER = float("inf")


@dataclass(slots=True)
class Outage:
    """A time in which something was down; it has no end while it lasts."""

    name: str
    began: float
    ended: float = FOREVER
    lingers: float = 0.0  # seconds after its end in which others may still wait for what was held

    @property
    def victim(self) -> str:
        """What was killed or frozen."""
        return self.name.removesuffix(FROZEN)


@dataclass(frozen=True, slots=True)
class Found:
    """How long it took until a save was found on a server."""

    entry: str
    server: str
    seconds: float
    up: float  # of these seconds: those in which neither the server nor the database was down
    down: tuple[str, ...]  # everything that was down at some time meanwhile, or held something until then

    def __str__(self) -> str:
        return (
            f"{self.seconds:.1f} s, {self.up:.1f} s of them up: {self.entry} on {self.server}, {', '.join(self.down)}"
        )


@dataclass(slots=True)
class Tally:
    """Counts of answers, times, and what was wrong."""

    began: float = field(default_factory=time.monotonic)
    seconds: list[float] = field(default_factory=list)  # of answers while everything was up
    answers: Counter[str] = field(default_factory=Counter)  # by kind of request and status
    errors: Counter[str] = field(default_factory=Counter)  # those that nothing excuses
    wrong: list[str] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    unfound: list[str] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    starts: dict[str, list[float]] = field(default_factory=dict)  # seconds until what was killed was ready again

    @property
    def kills(self) -> Counter[str]:
        """How often each thing went down."""
        return Counter(outage.name for outage in self.outages)

    @contextmanager
    def outage(self, name: str, lingers: float = 0.0) -> Iterator[None]:
        """Note that something is down as long as this lasts; others may wait for it some seconds longer."""
        outage = Outage(name, time.monotonic(), lingers=lingers)
        self.outages.append(outage)
        try:
            yield
        finally:
            outage.ended = time.monotonic()

    def is_excused(self, began: float, ended: float) -> bool:
        """Whether something was down meanwhile."""
        return any(one.began - GRACE_SECONDS < ended and began < one.ended + GRACE_SECONDS for one in self.outages)

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

    def add_found(self, entry: str, server: str, needed: Collection[str], saved: float, now: float) -> None:
        """Note that a save was found; `needed` is everything without which nothing can be found on that server."""
        meanwhile = [one for one in self.outages if one.began < now and one.ended + one.lingers > saved]
        away = seconds_within([one for one in meanwhile if one.victim in needed], saved, now)
        down = tuple(dict.fromkeys(one.name for one in meanwhile))
        self.found.append(Found(entry, server, now - saved, now - saved - away, down))

    def timeline(self) -> list[str]:
        """Return what was down when, in order."""
        return [f"{one.began - self.began:.0f} s: {one.name}, {one.ended - one.began:.1f} s" for one in self.outages]


def seconds_within(outages: Collection[Outage], began: float, ended: float) -> float:
    """Return for how many seconds of a time at least one of some outages lasted."""
    total, until = 0.0, began
    for one in sorted(outages, key=lambda outage: outage.began):
        total += max(0.0, min(one.ended, ended) - max(one.began, until))
        until = max(until, min(one.ended, ended))
    return total
