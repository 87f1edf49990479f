"""What waits for both teams, as the meeting lists it: gaps, and where the loop breaks."""

from __future__ import annotations

from typing import TypedDict

from app.gap_board import GapBoard
from app.i18n import Texts
from app.labels import label
from kb.library import Library
from kb.loop.meeting import WorkItem

MOST = 20  # of a kind: a meeting works on a few


class Work(TypedDict):
    """What `Library.meeting` takes."""

    gaps: list[WorkItem]
    broken: list[WorkItem]


def waiting(library: Library, board: GapBoard, texts: Texts) -> Work:
    """Return the most pressing gaps and broken lines."""
    gaps = [
        WorkItem(gap.wording, "", texts("gaps.asked", people=len(gap.askers), times=gap.times))
        for gap in board.gaps()[:MOST]
    ]
    found = library.broken()
    broken = [WorkItem(one.entry.title, one.entry.id, texts("loop.proven")) for one in found.proven[:MOST]] + [
        WorkItem(label("reason", one.reason, texts.locale, library.playbook), "", texts("loop.unanswered"))
        for one in found.unanswered[:MOST]
    ]
    return Work(gaps=gaps, broken=broken)
