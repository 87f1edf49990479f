"""Prepare a meeting from the index: its records, the lessons of deals, the notes of earlier meetings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import isfinite

from kb.entry import Entry
from kb.errors import BadPeriodError
from kb.index.catalog import Catalog
from kb.index.entries import numbered_entries
from kb.insight.insights import Insights
from kb.loop.lessons import lesson_of
from kb.loop.meeting import Meeting, WorkItem, meeting, period_of
from kb.loop.period import Period
from kb.loop.records import Records
from kb.playbook import Playbook
from kb.search.bounds import NO_FILTERS


def prepare_meeting(
    catalog: Catalog,
    insights: Insights,
    playbook: Playbook,
    visible: frozenset[str],
    period: Period,
    today: date,
    *,
    review: Sequence[WorkItem] = (),
    gaps: Sequence[WorkItem] = (),
    broken: Sequence[WorkItem] = (),
) -> Meeting:
    """Prepare the meeting on a period from the visible entries."""

    def lessons(ids: Sequence[str]) -> Mapping[str, str]:
        return {entry.id: lesson_of(entry.body) for entry in catalog.entries(ids).values()}

    records = records_of(insights)
    last = last_note_before(meeting_notes(catalog, visible), period)
    whole = catalog.entries([last.id]).get(last.id) if last else None
    lists = {"review": review, "gaps": gaps, "broken": broken}
    return meeting(period, playbook, records, lessons, today=today, last=whole, **lists)


def records_of(insights: Insights) -> Records:
    """Return the visible records that count: each deal and campaign once, none of them closed in the future."""
    deals = insights.deals
    stands_for = {deal.id: float(w) for deal, w in zip(deals.deals, insights.weights, strict=True) if isfinite(w)}
    return Records(deals.counted, insights.campaigns(NO_FILTERS), insights.known, stands_for)


def meeting_notes(catalog: Catalog, visible: frozenset[str]) -> list[tuple[Period, Entry]]:
    """Return the meeting notes with their periods, without bodies."""
    found = []
    for _, note in numbered_entries(catalog, "note", visible):
        try:
            found.append((Period.read(period_of(note)), note))
        except BadPeriodError:
            continue
    return found


def last_note_before(notes: Sequence[tuple[Period, Entry]], period: Period) -> Entry | None:
    """Return the newest meeting note on a period that ended before this one started."""
    earlier = [(other.end, note.sort_date, note.id, note) for other, note in notes if other.end < period.start]
    return max(earlier, key=lambda found: found[:3])[3] if earlier else None


def note_on(notes: Sequence[tuple[Period, Entry]], period: Period) -> Entry | None:
    """Return the newest meeting note of a period."""
    found = [(note.sort_date, note.id, note) for other, note in notes if other == period]
    return max(found, key=lambda pair: pair[:2])[2] if found else None
