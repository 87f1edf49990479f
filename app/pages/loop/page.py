"""The work list of both teams: where the chain from deals to content and back breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from app.http.dependencies import ActivityDep, LibraryDep
from app.pages.cards import Card, card_of
from app.pages.search.address import facet_address
from app.pages.view import render, texts_of
from app.pages.writing.making import make_address
from app.words.catalogue import Texts
from app.words.labels import label
from kb.entry import Entry
from kb.library import Library
from kb.loop.broken import QUIET_DAYS, Broken, Idle

MOST_SHOWN = 50  # of a group; the answer over HTTP has all
MOST_EVIDENCE = 5

router = APIRouter()
Step = tuple[str, str]  # what to do next, and where


@dataclass(frozen=True, slots=True)
class Task:
    """One broken place."""

    title: str
    address: str
    language: str
    why: str
    evidence: tuple[Card, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The broken places of one sort."""

    name: str
    heading: str
    lead: str
    count: int
    tasks: tuple[Task, ...]


@router.get("/loop")
def loop_page(request: Request, library: LibraryDep, activity: ActivityDep) -> Response:
    """Show the work list."""
    texts = texts_of(request)
    groups = groups_of(library.loop.broken(activity.days_opened()), texts, library)
    return render(request, "loop.html", {"groups": groups, "is_empty": not any(group.count for group in groups)})


def groups_of(found: Broken, texts: Texts, library: Library) -> list[Group]:
    """Return the work list, ready to be shown."""
    tasks = {
        "proven": [
            _of_entry(item.entry, texts.counted("loop.won", len(item.won)), item.won, _made(item.entry, texts), texts,
                      library)
            for item in found.proven[:MOST_SHOWN]
        ],
        "unanswered": [_of_reason(item.reason, item.deals, texts, library) for item in found.unanswered[:MOST_SHOWN]],
        "angles": [_of_angle(angle, answer.responded, answer.shown, answer.campaigns, texts, library)
                   for angle, answer in found.angles[:MOST_SHOWN]],
        "idle": [_of_idle(item, texts, library) for item in found.idle[:MOST_SHOWN]],
    }  # fmt: skip
    counts = {name: len(getattr(found, name)) for name in tasks}
    return [
        Group(name, texts(f"loop.{name}"), texts(f"loop.{name}_lead", days=QUIET_DAYS), counts[name], tuple(some))
        for name, some in tasks.items()
    ]


def _of_entry(
    entry: Entry, why: str, evidence: Sequence[Entry], steps: Sequence[Step], texts: Texts, library: Library
) -> Task:
    card = card_of(entry, texts, library.playbook)
    return Task(entry.title, card.address, entry.language, why, _cards(evidence, texts, library), tuple(steps))


def _of_idle(item: Idle, texts: Texts, library: Library) -> Task:
    why = texts("loop.last_used", day=texts.day(item.last_used)) if item.last_used else texts("loop.never_used")
    steps = [(texts("loop.look"), card_of(item.entry, texts, library.playbook).address)]
    return _of_entry(item.entry, why, (), steps, texts, library)


def _of_reason(reason: str, deals: Sequence[Entry], texts: Texts, library: Library) -> Task:
    name = label("reason", reason, texts.locale, library.playbook)
    steps = ((texts("make.talk-track"), make_address("talk-track", deals[0].id)),)
    why = texts.counted("loop.lost", len(deals))
    return Task(name, "", texts.locale, why, _cards(deals, texts, library), steps)


def _of_angle(angle: str, responded: int, shown: int, campaigns: Sequence[str], texts: Texts, library: Library) -> Task:
    known = library.entries.summaries(campaigns)
    name = label("angle", angle, texts.locale, library.playbook)
    why = texts("loop.answered", responded=texts.number(responded), shown=texts.number(shown),
                share=texts.percent(responded, shown))  # fmt: skip
    steps = [(texts("make.talk-track"), make_address("talk-track", campaign)) for campaign in campaigns[:1]]
    evidence = _cards([known[i] for i in campaigns if i in known], texts, library)
    return Task(name, facet_address("angle", angle), texts.locale, why, evidence, tuple(steps))


def _made(entry: Entry, texts: Texts) -> list[Step]:
    return [(texts(f"make.{name}"), make_address(name, entry.id)) for name in ("note", "campaign")]


def _cards(entries: Sequence[Entry], texts: Texts, library: Library) -> tuple[Card, ...]:
    return tuple(card_of(entry, texts, library.playbook) for entry in entries[:MOST_EVIDENCE])
