"""The meeting of sales and marketing: the same eight parts each time, from the records of one period.

Pure computation; reviews, gaps and broken links are passed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kb.currencies import ExchangeRates
from kb.entry import Entry
from kb.loop.kpis import Figure, figures
from kb.loop.lessons import Task, decisions_of, tasks_of
from kb.loop.moved import Moved, moved_between
from kb.loop.past import past_of
from kb.loop.period import Period
from kb.loop.records import Records
from kb.loop.verdicts import judged
from kb.playbook import Playbook

MOST_REUSED = 5
MOST_WORK = {True: 5, False: 10}  # of a week and of a month: fits on one or two sheets of paper
MOST_ENDINGS = {True: 6, False: 24}


@dataclass(frozen=True, slots=True)
class WorkItem:
    """An open work item."""

    label: str
    entry_id: str = ""  # the entry it is about; empty: none yet
    note: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """A work list: the total, and the first items."""

    count: int = 0
    items: tuple[WorkItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """A deal closed in the period."""

    entry_id: str
    title: str
    outcome: str
    amount: int | None
    currency: str
    lesson: str


@dataclass(frozen=True, slots=True)
class Reused:
    """An entry used in deals closed in the period."""

    entry_id: str
    won: int
    lost: int
    no_decision: int

    @property
    def deals(self) -> int:
        """Closed deals it was used in."""
        return self.won + self.lost + self.no_decision


@dataclass(frozen=True, slots=True)
class LastMeeting:
    """The decisions and tasks of the last meeting."""

    entry_id: str
    period: str
    decisions: tuple[str, ...]
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """The eight parts in order."""

    period: str
    figures: tuple[Figure, ...]
    endings: tuple[Ending, ...]  # won, then lost
    moved: tuple[Moved, ...]  # largest differences first
    reused: tuple[Reused, ...]
    review: Work
    gaps: Work
    broken: Work
    last: LastMeeting | None
    closed: int = 0  # deals closed in the period, no decision included
    ended: int = 0  # won or lost, of which `endings` are the largest
    until: str = ""  # the last day counted, of a period that is not over
    language: str = ""  # in which a stored one says why its work is listed; empty: the reader's

    @property
    def named(self) -> tuple[str, ...]:
        """The ids of the entries it names."""
        found = [item.entry_id for part in (self.endings, self.reused) for item in part]
        found += [item.entry_id for work in (self.review, self.gaps, self.broken) for item in work.items]
        found += [self.last.entry_id] if self.last else []
        return tuple(dict.fromkeys(filter(None, found)))


def meeting(
    period: Period,
    playbook: Playbook,
    records: Records,
    lessons: Callable[[Sequence[str]], Mapping[str, str]],
    *,
    today: date | None = None,
    last: Entry | None = None,
    review: Sequence[WorkItem] = (),
    gaps: Sequence[WorkItem] = (),
    broken: Sequence[WorkItem] = (),
) -> Meeting:
    """Prepare the meeting on a period, up to `today`. `lessons` returns the lessons of deals by id."""
    period = period.until(today) if today else period
    closed, past, most = records.closed(period), past_of(records, period), MOST_WORK[period.is_week]
    numbers, moved = judged(figures(playbook, records, period, today, past), moved_between(closed, past))
    return Meeting(
        period=period.key,
        figures=numbers,
        endings=_endings(closed, lessons, MOST_ENDINGS[period.is_week], playbook.rates),
        moved=moved,
        reused=_reused(closed, records),
        review=work(review, most),
        gaps=work(gaps, most),
        broken=work(broken, most),
        last=last_meeting(last) if last else None,
        closed=len(closed),
        ended=sum(entry.outcome in ("won", "lost") for entry in closed),
        until=period.end.isoformat() if period.is_partial else "",
    )


def work(items: Sequence[WorkItem], most: int) -> Work:
    """Return the first items and the total."""
    return Work(len(items), tuple(items[:most]))


def last_meeting(note: Entry) -> LastMeeting:
    """Return the decisions and tasks of a meeting note."""
    return LastMeeting(note.id, period_of(note), decisions_of(note.body), tasks_of(note.body))


def period_of(note: Entry) -> str:
    """Return the period of a meeting note; empty for everything else."""
    return note.meeting


def _endings(
    closed: Iterable[Entry], lessons: Callable[[Sequence[str]], Mapping[str, str]], most: int, rates: ExchangeRates
) -> tuple[Ending, ...]:
    """Return up to `most` wins and losses, balanced, those with the largest amounts."""
    sides = {outcome: [entry for entry in closed if entry.outcome == outcome] for outcome in ("won", "lost")}
    fewer = min(len(some) for some in sides.values())
    room = max(most - fewer, most // 2)
    chosen = [entry for some in sides.values() for entry in _largest(some, room, rates)]
    lesson = lessons([entry.id for entry in chosen])
    return tuple(
        Ending(e.id, e.title, str(e.outcome), e.deal.amount, e.deal.currency, lesson.get(e.id, ""))
        for e in chosen
        if e.deal
    )


def _largest(deals: Sequence[Entry], most: int, rates: ExchangeRates) -> list[Entry]:
    """Return the largest deals, in their original order; of currencies without a rate the largest of each."""
    if len(deals) <= most:
        return list(deals)
    sizes: list[tuple[str, int, str]] = []
    for entry in deals:
        amount, currency = ((entry.deal.amount or 0), entry.deal.currency) if entry.deal else (0, rates.home)
        converted = rates.convert(amount, currency, rates.home) if amount else 0
        sizes.append((currency, amount, entry.id) if converted is None else (rates.home, converted, entry.id))
    places: Counter[str] = Counter()
    ranked: list[tuple[int, str]] = []
    for currency, amount, deal in sorted(sizes, key=lambda size: -size[1]):
        ranked.append((places[currency] if amount else len(deals), deal))
        places[currency] += 1
    kept = {deal for _, deal in sorted(ranked, key=lambda place: place[0])[:most]}
    return [deal for deal in deals if deal.id in kept]


def _reused(closed: Iterable[Entry], records: Records) -> tuple[Reused, ...]:
    counted: dict[str, Counter[str]] = {}
    for entry in closed:
        for used in records.used(entry):
            counted.setdefault(used, Counter())[str(entry.outcome)] += 1
    found = [Reused(used, ends["won"], ends["lost"], ends["no-decision"]) for used, ends in counted.items()]
    found.sort(key=lambda reused: (-reused.deals, -reused.won, reused.entry_id))
    return tuple(found[:MOST_REUSED])
