"""What waits for both teams, as the meeting lists it: entries to review, gaps, and where the loop breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import chain, zip_longest
from typing import TypedDict

from app.words.catalogue import Texts
from app.words.doubts import sentence_of
from app.words.labels import label
from app.words.meeting_view import joined
from kb.entry import Entry
from kb.library import Library
from kb.loop.board import GapBoard
from kb.loop.gaps import Gap
from kb.loop.meeting import WorkItem
from kb.loop.review import DOUBTED, Standing


class Work(TypedDict):
    """What `Library.meeting` takes."""

    review: list[WorkItem]
    gaps: list[WorkItem]
    broken: list[WorkItem]


SHOWN = 10  # of a list, at most: the rest is counted


def waiting(library: Library, board: GapBoard, texts: Texts) -> Work:
    """Return all of it, what is most pressing first."""
    doubted = [(entry, standing) for entry, standing in library.loop.to_review() if standing.state in DOUBTED]
    return Work(
        review=[_reviewed(entry, standing, library, texts) for entry, standing in doubted[:SHOWN]]
        + [WorkItem(entry.title, entry.id) for entry, _ in doubted[SHOWN:]],
        gaps=[_gap(gap, texts) for gap in board.lately()],
        broken=_broken(library, board.days_opened(), texts),
    )


def _reviewed(entry: Entry, standing: Standing, library: Library, texts: Texts) -> WorkItem:
    why = sentence_of(standing.doubts[0], texts, library)
    return WorkItem(entry.title, entry.id, joined(texts(f"trust.{standing.state}"), why, entry.owner or ""))


def _gap(gap: Gap, texts: Texts) -> WorkItem:
    asked = texts("gaps.asked", people=len(gap.askers), times=gap.times)
    amount = texts("gaps.amount", amount=texts.money(gap.amount)) if gap.amount else ""
    decided = [(name, value) for name in ("owner", "due") if (value := getattr(gap.decided, name, ""))]
    told = [f"{texts(f'gaps.{name}')}: {value}" for name, value in decided]
    return WorkItem(gap.wording, "", joined(texts(f"gaps.why_{gap.why}"), asked, amount, *told))


def _broken(library: Library, opened: Mapping[str, date], texts: Texts) -> list[WorkItem]:
    """Return every broken place; one of each sort, then the second of each, and so on."""
    found = library.loop.broken(opened)
    sorts = [
        [WorkItem(one.entry.title, one.entry.id, texts("loop.proven")) for one in found.proven],
        [
            WorkItem(label("reason", one.reason, texts.locale, library.playbook), "", texts("loop.unanswered"))
            for one in found.unanswered
        ],
        [
            WorkItem(label("angle", angle, texts.locale, library.playbook), "", texts("loop.angles"))
            for angle, _ in found.angles
        ],
        [WorkItem(one.entry.title, one.entry.id, texts("loop.idle")) for one in found.idle],
    ]
    return _present(chain.from_iterable(zip_longest(*sorts)))


def _present(items: Iterable[WorkItem | None]) -> list[WorkItem]:
    return [item for item in items if item is not None]
