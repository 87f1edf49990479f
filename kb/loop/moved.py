"""Reasons and angles that more or fewer of the closed deals name than in the period before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kb.entry import Entry
from kb.insight.rates import inflated, probability_beats
from kb.insight.spread import Spread, spread_of_shares
from kb.loop.past import Past

LEAST_COUNT = 3  # deals with a reason or angle in either period, to report a change
Named = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Moved:
    """A reason or angle with more or fewer closed deals than in the preceding period."""

    facet: str  # reason or angle
    key: str
    now: int
    before: int
    is_sure: bool  # False: within error, or not tested
    p_higher: float | None = None  # probability that a larger share of deals names it; None: not tested


def moved_between(closed: Sequence[Entry], past: Sequence[Past]) -> tuple[Moved, ...]:
    """Compare the shares of closed deals that name a reason or angle with those of the period before.

    All that can be tested come back, none of them sure: they are judged with the other tests of a page.
    """
    earlier = [[deal for deal in one.records.deals if deal.outcome not in (None, "open")] for one in past]
    counts, of = [_named(deals) for deals in earlier], [len(deals) for deals in earlier]
    now, before = _named(closed), counts[0]
    tried = [named for named in sorted({*now, *before}) if max(now[named], before[named]) >= LEAST_COUNT]
    spread = spread_of_shares([[named[one] for named in counts] for one in tried], of) if tried else Spread()
    can_test = bool(closed and earlier[0] and spread.is_known)
    return tuple(
        Moved(*one, now[one], before[one], False, _p_higher(now[one], len(closed), before[one], of[0], spread))
        if can_test
        else Moved(*one, now[one], before[one], False)
        for one in tried
    )


def _p_higher(now: int, closed: int, before: int, earlier: int, spread: Spread) -> float:
    plain = probability_beats(now, closed - now, before, earlier - before)
    return inflated(plain, spread.factor, spread.periods)


def _named(deals: Iterable[Entry]) -> Named:
    """Count the deals by reason and angle, each once per deal."""
    counted: Named = Counter()
    for entry in deals:
        counted.update({("reason", reason.code) for reason in entry.deal.reasons} if entry.deal else ())
        counted.update({("angle", angle) for angle in entry.angle})
    return counted
