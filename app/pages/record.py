"""What came of the deals an entry was used in, drawn as outcome marks, and what to use instead where they were lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.words.reader import Reader
from kb.choices import OUTCOME_SIGNS
from kb.entry import Entry, Outcome
from kb.insight.rates import plain_rate
from kb.library import Library
from kb.loop.review import Doubt

MOST_MARKS = 12
LOOKED_AT = 8  # entries like a weak talk track, to find a better one
_ORDER: tuple[Outcome, ...] = ("won", "lost", "no-decision", "open")


@dataclass(frozen=True, slots=True)
class Record:
    """The deals an entry was used in."""

    marks: tuple[tuple[str, str], ...]  # (outcome, sign), won first
    more: int  # deals without a mark of their own
    words: str  # 0勝3敗・見送り2
    won: int
    lost: int

    @property
    def rank(self) -> tuple[float, int]:
        """How well it did, to compare with others."""
        return float(plain_rate(self.won, self.lost).mean), self.won


def record_of(deals: Iterable[Entry], reader: Reader) -> Record | None:
    """Return the record over deals; None if none has an outcome."""
    counts = Counter(deal.outcome for deal in deals if deal.outcome)
    if not counts:
        return None
    marks = [(outcome, OUTCOME_SIGNS[outcome]) for outcome in _ORDER for _ in range(counts[outcome])]
    is_decided = counts["won"] or counts["lost"]
    words = [reader("record.decided", won=counts["won"], lost=counts["lost"])] if is_decided else []
    words += [reader(f"record.{outcome}", count=counts[outcome]) for outcome in _ORDER[2:] if counts[outcome]]
    joined = reader("record.separator").join(words)
    return Record(tuple(marks[:MOST_MARKS]), max(0, len(marks) - MOST_MARKS), joined, counts["won"], counts["lost"])


def against(entry: Entry, library: Library) -> Doubt | None:
    """Return the doubt that the record of an entry raises, if it does."""
    standing = library.loop.standing(entry.id)
    return next((doubt for doubt in standing.doubts if doubt.kind == "record"), None) if standing else None


def better_than(weak: Entry, found: Sequence[Entry], library: Library, reader: Reader) -> tuple[Entry, Record] | None:
    """Return the talk track for the same objection that did best, if one did well.

    Others that answer the same question come first, then those like it that share an objection, an angle or a
    competitor.
    """
    near = library.search.similar_entries(weak.id, limit=LOOKED_AT)
    for others in (found, [entry for entry in near if _share(weak, entry)]):
        usable = [entry for entry in others if _is_usable(entry, weak)]
        used = library.entries.used_in([entry.id for entry in usable])
        known = [(entry, record_of(used[entry.id], reader)) for entry in usable]
        good = [(entry, record) for entry, record in known if record and record.won > record.lost]
        if good:
            return max(good, key=lambda pair: pair[1].rank)
    return None


def _is_usable(entry: Entry, weak: Entry) -> bool:
    return entry.kind == "talk-track" and entry.id != weak.id and entry.status == "published"


def _share(one: Entry, other: Entry) -> bool:
    said = [entry.talk_track.objection if entry.talk_track else "" for entry in (one, other)]
    is_same = bool(said[0]) and said[0] == said[1]
    return is_same or bool({*one.angle} & {*other.angle} or {*one.competitor} & {*other.competitor})
