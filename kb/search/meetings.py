"""Notes of meetings stand behind knowledge: a decision is found by its words, but answers no question.

They are searched apart, so that neither the answer nor how sure it is changes when a meeting is saved.
"""

from __future__ import annotations

from collections.abc import Sequence

from kb.search.answer import Band
from kb.search.bounds import NO_FILTERS, Bounds
from kb.search.candidates import Candidate, Found
from kb.search.lookup import Scope

LEAST_PLACE = 3  # hits before a meeting, where something answers: those that people see and use
_BEST_FIRST: Sequence[Band] = ("strong", "good", "weak")


def without_meetings(bounds: Bounds, scope: Scope) -> Scope:
    """Return a scope without notes of meetings."""
    meetings = bounds.meetings()
    return (bounds.within(NO_FILTERS) if scope is None else scope) - meetings if meetings else scope


def meetings_in(bounds: Bounds, scope: Scope) -> frozenset[int]:
    """Return the notes of meetings in a scope."""
    return bounds.meetings() if scope is None else scope & bounds.meetings()


def with_decisions(found: Found, decided: Found) -> Found:
    """Return what was found with the meetings that match, each behind the knowledge that matches as well.

    The first hits never change where something answers.
    """
    merged = list(found.candidates)
    for meeting in decided.candidates:
        if meeting.band != "weak":
            first = 0 if meeting.why.exact_name or found.confidence == "none" else LEAST_PLACE
            merged.insert(max(first, _place(merged, meeting)), meeting)
    return Found(tuple(merged), found.confidence)


def _place(others: Sequence[Candidate], meeting: Candidate) -> int:
    if meeting.why.exact_name:
        return 0
    worse = _BEST_FIRST[_BEST_FIRST.index(meeting.band) + 1 :]
    return next((at for at, other in enumerate(others) if other.band in worse), len(others))
