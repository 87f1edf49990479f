"""Broken links in the chain from deals to content and back: a work list for both teams."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kb.entry import Entry
from kb.index.analysis import fold
from kb.insight.response import Response, responses
from kb.playbook import Playbook

STILL_DAYS = 30  # without any deal ending, after which ages count from the last one that did
QUIET_DAYS = 90  # without use, after which content is listed


@dataclass(frozen=True, slots=True)
class Proven:
    """A talk track that won deals but was never made into content."""

    entry: Entry
    won: tuple[Entry, ...]  # newest first


@dataclass(frozen=True, slots=True)
class Idle:
    """Content that no recent deal used."""

    entry: Entry
    last_used: date | None  # close date of the last deal that used it


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A loss reason without an entry that answers it."""

    reason: str  # code
    deals: tuple[Entry, ...]  # newest first


@dataclass(frozen=True, slots=True)
class Broken:
    """The broken links, most important first."""

    proven: tuple[Proven, ...]
    angles: tuple[tuple[str, Response], ...]  # with response in campaigns, but used in no deal
    idle: tuple[Idle, ...]
    unanswered: tuple[Unanswered, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(map(len, (self.proven, self.angles, self.idle, self.unanswered)))


def broken(
    content: Sequence[Entry], deals: Sequence[Entry], playbook: Playbook, today: date, opened: Mapping[str, date]
) -> Broken:
    """Find broken links in published content and deals; `opened` is the day each entry was last read, by id."""
    return Broken(_proven(content, deals), _unused_angles(content, deals), _idle(content, deals, today, opened),
                  _unanswered(content, deals, playbook))  # fmt: skip


def _proven(content: Sequence[Entry], deals: Sequence[Entry]) -> tuple[Proven, ...]:
    sources = {source for entry in (*content, *deals) for source in entry.derived_from}
    won = _by_used([deal for deal in deals if deal.outcome == "won"])
    found = [
        Proven(entry, tuple(won[entry.id]))
        for entry in content
        if entry.kind == "talk-track" and entry.id in won and entry.id not in sources
    ]
    return tuple(sorted(found, key=lambda item: (-len(item.won), item.entry.id)))


def _unused_angles(content: Sequence[Entry], deals: Sequence[Entry]) -> tuple[tuple[str, Response], ...]:
    used = {angle for deal in deals for angle in deal.angle}
    measured = responses(entry for entry in content if entry.kind == "campaign")
    found = [(angle, answer) for angle, answer in measured.items() if answer.responded and angle not in used]
    return tuple(sorted(found, key=lambda pair: -pair[1].rate))


def _idle(
    content: Sequence[Entry], deals: Sequence[Entry], today: date, opened: Mapping[str, date]
) -> tuple[Idle, ...]:
    """Return unused content, except what is new, recently opened, used in an open deal, or of unknown age."""
    since = _last_busy_day(deals, today) - timedelta(days=QUIET_DAYS)
    used, found = _by_used(deals), []
    for entry in content:
        uses = used.get(entry.id, [])
        days = [deal.deal.closed_on for deal in uses if deal.deal and deal.deal.closed_on]
        own = [day for day in (entry.date, opened.get(entry.id)) if day]
        is_open = any(deal.outcome == "open" for deal in uses)
        newest = max([*days, *own], default=None)
        if entry.kind in ("talk-track", "campaign", "content") and not is_open and newest and newest < since:
            found.append(Idle(entry, max(days, default=None)))
    return tuple(sorted(found, key=lambda item: (item.last_used or date.min, item.entry.id)))


def _last_busy_day(deals: Sequence[Entry], today: date) -> date:
    """Return today; where nothing has ended for a while, the day the last deal did: nobody could use anything since."""
    ended = [
        deal.deal.closed_on for deal in deals if deal.deal and deal.deal.closed_on and deal.deal.closed_on <= today
    ]
    newest = max(ended, default=today)
    return newest if today - newest > timedelta(days=STILL_DAYS) else today


def _unanswered(content: Sequence[Entry], deals: Sequence[Entry], playbook: Playbook) -> tuple[Unanswered, ...]:
    """Return unanswered reasons. An entry answers one by naming it, or by competitor plus a shared angle or tag.

    Entries used in the deal itself only answer it by naming the reason.
    """
    lost = [deal for deal in deals if deal.outcome == "lost" and deal.deal]
    codes = {reason.code for deal in lost if deal.deal for reason in deal.deal.reasons}
    named = {code for code in codes if _is_named(_spellings(code, playbook), content)}
    against: dict[str, list[Entry]] = {}
    for entry in content:
        for competitor in entry.competitor:
            against.setdefault(competitor, []).append(entry)
    found: dict[str, list[Entry]] = {}
    for deal in _newest_first(lost):
        missing = [reason.code for reason in deal.deal.reasons if reason.code not in named] if deal.deal else []
        if missing and not _has_alike(deal, against):
            for code in dict.fromkeys(missing):
                found.setdefault(code, []).append(deal)
    listed = [Unanswered(code, tuple(some)) for code, some in found.items()]
    return tuple(sorted(listed, key=lambda item: (-len(item.deals), item.reason)))


def _spellings(code: str, playbook: Playbook) -> set[str]:
    term = playbook.reason("lost", code)
    texts = (code, term.key, term.ja, term.en, *term.aliases) if term else (code,)
    return {folded for text in texts if len(folded := fold(text).strip()) > 1}


def _is_named(spellings: Collection[str], content: Iterable[Entry]) -> bool:
    for entry in content:
        objection = entry.talk_track.objection if entry.talk_track else ""
        text = fold("\n".join((entry.title, objection, *entry.tag, *entry.angle, entry.body)))
        if any(spelling in text for spelling in spellings):
            return True
    return False


def _has_alike(deal: Entry, against: Mapping[str, Sequence[Entry]]) -> bool:
    labels = {*deal.angle, *deal.tag}
    tried = deal.deal.used if deal.deal else ()
    return any(
        entry.id not in tried and labels.intersection((*entry.angle, *entry.tag))
        for competitor in deal.competitor
        for entry in against.get(competitor, ())
    )


def _by_used(deals: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Return the deals by content used and campaign, newest first."""
    found: dict[str, list[Entry]] = {}
    for deal in _newest_first(deals):
        named = (*deal.deal.used, deal.deal.campaign) if deal.deal else ()
        for used in dict.fromkeys(filter(None, named)):
            found.setdefault(used, []).append(deal)
    return found


def _newest_first(deals: Iterable[Entry]) -> list[Entry]:
    return sorted(deals, key=lambda deal: (deal.sort_date, deal.id), reverse=True)
