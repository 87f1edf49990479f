"""What happened: the difference between two states of what a receiver may see. Nothing else decides about events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.seen import Seen
from app.webhooks.hooks import EventType
from kb.entry import Entry
from kb.index.analysis import fold
from kb.loop.gaps import Gap
from kb.loop.review import DOUBTED

MOST_REASON = 100  # characters: not every reason is one of the agreed codes
ENDED = ("won", "lost", "no-decision")
Facts = Mapping[str, str]
KIND_OF: Mapping[EventType, str] = {  # which facts an event follows from
    "entry.published": "entries",
    "deal.ended": "entries",
    "gap.opened": "gaps",
    "gap.closed": "closed",
    "review.due": "reviews",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    type: EventType
    about: str  # the id of an entry; of a gap, what stands for its question
    wording: str = ""  # of a gap
    reasons: tuple[str, ...] = ()  # why an entry is to be reviewed


@dataclass(frozen=True, slots=True)
class State:
    """What a receiver may see, as far as events follow from it."""

    facts: Mapping[str, Facts]  # by kind
    gaps: tuple[Gap, ...] = ()
    wordings: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # closed gap → wording and entry
    doubts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def state_of(seen: Seen, kinds: frozenset[str]) -> State:
    """Return the state of some kinds of facts."""
    library, facts = seen.library, dict[str, Facts]()
    gaps: tuple[Gap, ...] = ()
    closed: dict[str, tuple[str, str]] = {}
    doubts: dict[str, tuple[str, ...]] = {}
    if "entries" in kinds:
        facts["entries"] = library.entries.outcomes()
    if "reviews" in kinds:
        due = [(entry, standing) for entry, standing in library.loop.to_review() if standing.state in DOUBTED]
        facts["reviews"] = {entry.id: standing.state for entry, standing in due}
        doubts = {entry.id: tuple(doubt.kind for doubt in standing.doubts) for entry, standing in due}
    if "gaps" in kinds:
        gaps = tuple(filter(is_news, seen.gap_board.recent_gaps()))
        facts["gaps"] = {key_of(wording): "" for gap in gaps for wording in (gap.query, *gap.wordings)}
    if "closed" in kinds:
        rows = seen.gap_board.closed()
        facts["closed"] = {key_of(row.query): row.changed_at for row in rows}
        closed = {key_of(row.query): (row.wording, row.entry) for row in rows}
    return State(facts, gaps, closed, doubts)


def events_between(before: Mapping[str, Facts], now: State) -> Iterator[Event]:
    """Yield what happened since; nothing of a kind of facts that was not known before."""
    if "entries" in before and "entries" in now.facts:
        yield from _of_entries(before["entries"], now.facts["entries"])
    if "reviews" in before:
        for entry_id, state in now.facts.get("reviews", {}).items():
            if before["reviews"].get(entry_id) != state:
                yield Event("review.due", entry_id, reasons=now.doubts.get(entry_id, ()))
    if "gaps" in before:
        for gap in now.gaps:
            keys = [key_of(wording) for wording in (gap.query, *gap.wordings)]
            if not any(key in before["gaps"] for key in keys):  # a gap may go by another of its wordings
                yield Event("gap.opened", keys[0], gap.wording, (gap.why,))
    if "closed" in before:
        for key, at in now.facts.get("closed", {}).items():
            if before["closed"].get(key) != at:
                wording, entry = now.wordings[key]
                yield Event("gap.closed", entry, wording)


def is_news(gap: Gap) -> bool:
    """Whether more than one failed search of one person is behind a gap."""
    return len(gap.askers) > 1 or bool(gap.deals) or gap.decided is not None


def key_of(wording: str) -> str:
    """Return what stands for the words of a search, which are not kept longer than the search is."""
    return hashlib.sha256(fold(wording).encode("utf-8", "replace")).hexdigest()[:32]


def _of_entries(before: Facts, now: Facts) -> Iterator[Event]:
    for entry_id, outcome in now.items():
        if entry_id not in before:
            yield Event("entry.published", entry_id)
        if outcome in ENDED and before.get(entry_id) != outcome:
            yield Event("deal.ended", entry_id)


def reasons_in(entry: Entry) -> list[str]:
    """Return the codes of the reasons of a deal."""
    return [reason.code[:MOST_REASON] for reason in entry.deal.reasons] if entry.deal else []
