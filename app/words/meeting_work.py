"""Work for both teams, as the meeting lists it: entries to review, gaps, and where the loop breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import chain, zip_longest
from typing import TypedDict

from app.words.doubts import sentence_of
from app.words.meeting_view import joined
from app.words.reader import Reader
from kb.entry import Entry
from kb.library import Library
from kb.loop.board import GapBoard
from kb.loop.gaps import Gap
from kb.loop.meeting import WorkItem
from kb.loop.review import DOUBTED, Standing


class Work(TypedDict):
    """The work lists `Library.meeting` takes."""

    review: list[WorkItem]
    gaps: list[WorkItem]
    broken: list[WorkItem]


SHOWN = 10  # per list, at most; the rest is only counted


def waiting(library: Library, board: GapBoard, reader: Reader, gaps: Sequence[Gap] | None = None) -> Work:
    """Return the work lists, the most pressing first; with `gaps` nobody looks for new ones."""
    doubted = [(entry, standing) for entry, standing in library.loop.to_review() if standing.state in DOUBTED]
    return Work(
        review=[_reviewed(entry, standing, reader) for entry, standing in doubted[:SHOWN]]
        + [WorkItem(entry.title, entry.id) for entry, _ in doubted[SHOWN:]],
        gaps=[_gap(gap, reader) for gap in (board.recent_gaps() if gaps is None else gaps)],
        broken=_broken(library, board.days_opened(), reader),
    )


def _reviewed(entry: Entry, standing: Standing, reader: Reader) -> WorkItem:
    why = sentence_of(standing.doubts[0], reader)
    return WorkItem(entry.title, entry.id, joined(reader(f"trust.{standing.state}"), why, reader.person(entry.owner)))


def _gap(gap: Gap, reader: Reader) -> WorkItem:
    searches = reader(reader.counting("gaps.asked"), people=len(gap.askers), times=gap.times)
    total = reader.sums(gap.amount, gap.currency, gap.apart)
    amount = reader("gaps.amount", amount=total) if total else ""
    decided = [(name, value) for name in ("owner", "due") if (value := getattr(gap.decided, name, ""))]
    assignment = [f"{reader(f'gaps.{name}')}: {reader.person(value)}" for name, value in decided]
    return WorkItem(gap.wording, "", joined(reader(f"gaps.why_{gap.why}"), searches, amount, *assignment))


def _broken(library: Library, opened: Mapping[str, date], reader: Reader) -> list[WorkItem]:
    """Return every broken place; one of each sort, then the second of each, and so on."""
    found = library.loop.broken(opened)
    sorts = [
        [WorkItem(one.entry.title, one.entry.id, reader("loop.proven")) for one in found.proven],
        [WorkItem(reader.label("reason", one.reason), "", reader("loop.unanswered")) for one in found.unanswered],
        [WorkItem(reader.label("angle", angle), "", reader("loop.angles")) for angle, _ in found.angles],
        [WorkItem(one.entry.title, one.entry.id, reader("loop.idle")) for one in found.idle],
    ]
    return _present(chain.from_iterable(zip_longest(*sorts)))


def _present(items: Iterable[WorkItem | None]) -> list[WorkItem]:
    return [item for item in items if item is not None]
