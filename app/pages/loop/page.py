"""The work list of both teams: where the loop between deals and content breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from app.charts.drawings import Picture
from app.charts.ring import Station, ring
from app.http.dependencies import ActivityDep, LibraryDep, ReaderDep
from app.pages.cards import Card, card_of
from app.pages.search.address import facet_address
from app.pages.view import render
from app.words.addresses import make_address
from app.words.reader import Reader
from kb.entry import Entry
from kb.library import Library
from kb.loop.broken import QUIET_DAYS, Broken, Idle
from kb.loop.circuit import NODES, Circuit

MOST_AT_ONCE = 5  # per group; the others of those shown are folded
MOST_SHOWN = 50  # per group; the API returns all
MOST_EVIDENCE = 5

router = APIRouter()
Step = tuple[str, str]  # what to do next, and its address


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
def loop_page(request: Request, library: LibraryDep, activity: ActivityDep, reader: ReaderDep) -> Response:
    """Show the work list."""
    groups = groups_of(library.loop.broken(activity.days_opened()), reader, library)
    flow = library.loop.circuit()
    context = {
        "groups": groups,
        "is_empty": not any(group.count for group in groups),
        "picture": picture(flow, reader) if flow.counts["deals"] else None,
        "headline": headline(flow, reader) if flow.counts["deals"] else "",
        "most": MOST_AT_ONCE,
    }
    return render(request, "loop.html", context)


def picture(flow: Circuit, reader: Reader) -> Picture:
    """Draw the loop with the numbers on its arrows."""
    stations = []
    for at, node in enumerate(NODES):
        following = NODES[(at + 1) % len(NODES)]
        moved = flow.arrows[following]
        words = reader.counted(f"loop.flow_{following}", moved)
        station = Station(
            reader(f"loop.node_{node}"), reader.number(flow.counts[node]), reader.number(moved), words, not moved
        )
        stations.append(station)
    return ring(tuple(stations), reader("loop.picture"))


def headline(flow: Circuit, reader: Reader) -> str:
    """Return where nothing flows on, as a sentence; else that it flows everywhere."""
    dry = [
        reader("loop.from_to", first=reader(f"loop.node_{NODES[at - 1]}"), then=reader(f"loop.node_{node}"))
        for at, node in enumerate(NODES)
        if not flow.arrows[node]
    ]
    return reader("loop.dry", names=reader("comma").join(dry)) if dry else reader("loop.flows")


def groups_of(found: Broken, reader: Reader, library: Library) -> list[Group]:
    """Return the work list for the template."""
    tasks = {
        "proven": [
            _of_entry(item.entry, reader.counted("loop.won", len(item.won)), item.won, _made(item.entry, reader),
                      reader)
            for item in found.proven[:MOST_SHOWN]
        ],
        "unanswered": [_of_reason(item.reason, item.deals, reader) for item in found.unanswered[:MOST_SHOWN]],
        "angles": [_of_angle(angle, answer.responded, answer.shown, answer.campaigns, reader, library)
                   for angle, answer in found.angles[:MOST_SHOWN]],
        "idle": [_of_idle(item, reader) for item in found.idle[:MOST_SHOWN]],
    }  # fmt: skip
    counts = {name: len(getattr(found, name)) for name in tasks}
    return [
        Group(name, reader(f"loop.{name}"), reader(f"loop.{name}_lead", days=QUIET_DAYS), counts[name], tuple(some))
        for name, some in tasks.items()
    ]


def _of_entry(entry: Entry, why: str, evidence: Sequence[Entry], steps: Sequence[Step], reader: Reader) -> Task:
    card = card_of(entry, reader)
    return Task(entry.title, card.address, entry.language, why, _cards(evidence, reader), tuple(steps))


def _of_idle(item: Idle, reader: Reader) -> Task:
    why = reader("loop.last_used", day=reader.date(item.last_used)) if item.last_used else reader("loop.never_used")
    steps = [(reader("loop.look"), card_of(item.entry, reader).address)]
    return _of_entry(item.entry, why, (), steps, reader)


def _of_reason(reason: str, deals: Sequence[Entry], reader: Reader) -> Task:
    name = reader.label("reason", reason)
    steps = ((reader("loop.make_talk-track"), make_address("talk-track", deals[0].id)),)
    why = reader.counted("loop.lost", len(deals))
    return Task(name, "", reader.locale, why, _cards(deals, reader), steps)


def _of_angle(
    angle: str, responded: int, shown: int, campaigns: Sequence[str], reader: Reader, library: Library
) -> Task:
    known = library.entries.summaries(campaigns)
    name = reader.label("angle", angle)
    why = reader("loop.answered", responded=reader.number(responded), shown=reader.number(shown),
                share=reader.percent(responded, shown))  # fmt: skip
    steps = [(reader("loop.make_talk-track"), make_address("talk-track", campaign)) for campaign in campaigns[:1]]
    evidence = _cards([known[i] for i in campaigns if i in known], reader)
    return Task(name, facet_address("angle", angle), reader.locale, why, evidence, tuple(steps))


def _made(entry: Entry, reader: Reader) -> list[Step]:
    return [(reader(f"loop.make_{name}"), make_address(name, entry.id)) for name in ("content", "campaign")]


def _cards(entries: Sequence[Entry], reader: Reader) -> tuple[Card, ...]:
    return tuple(card_of(entry, reader) for entry in entries[:MOST_EVIDENCE])
