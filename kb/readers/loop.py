"""The loop between the teams: lineage, trust, broken links in the chain, the meeting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial

from kb.entry import Entry, Visibility, narrowest
from kb.index.links import links_with
from kb.live import LiveIndex, State
from kb.loop.broken import Broken
from kb.loop.circuit import Circuit
from kb.loop.funnel import FunnelStep, funnel
from kb.loop.kpis import figures
from kb.loop.lineage import Lineage, lineage
from kb.loop.meeting import Meeting, WorkItem
from kb.loop.owned import Owned
from kb.loop.period import Period, near_period
from kb.loop.preparation import meeting_notes, note_on, prepare_meeting, records_of
from kb.loop.records import Records
from kb.loop.review import Standing
from kb.loop.stored import from_lines, from_note
from kb.readers.entries import Entries
from kb.search.bounds import NO_FILTERS


class Loop:
    """What became of entries, and what both teams should do about it. Thread-safe."""

    def __init__(self, live: LiveIndex, entries: Entries) -> None:
        self._live = live
        self._entries = entries
        self._owned: tuple[State, date, Owned] | None = None

    def lineage(self, entry_id: str) -> Lineage:
        """Return the lineage of an entry. Raises EntryNotFoundError."""
        links = partial(links_with, self._live.catalog)
        return lineage(self._entries.get(entry_id), links, self._entries.published)

    def broken(self, opened: Mapping[str, date] | None = None) -> Broken:
        """Return where the chain from deals to content and back breaks; `opened`: the day an entry was last read."""
        return self._live.state.loop.broken(self._live.today(), opened or {})

    def circuit(self) -> Circuit:
        """Return how much flows from deals to content and back."""
        return self._live.state.loop.circuit

    def standing(self, entry_id: str) -> Standing | None:
        """Return the trust standing of a published entry."""
        return self._live.state.loop.standing(entry_id, self._live.today())

    def trust_of(self, entry: Entry) -> str:
        """Return the trust state of an entry; empty for an unverified deal without doubts."""
        standing = self.standing(entry.id)
        return "" if standing is None or (entry.kind == "deal" and standing.state == "unverified") else standing.state

    def update_standings(self) -> None:
        """Recompute the trust states after a change, so that searches need not."""
        if self._live.state.source:
            self._live.state.loop.numbers(self._live.today())

    def to_review(self) -> Sequence[tuple[Entry, Standing]]:
        """Return content and doubtful deals with their standing, overdue ones first."""
        return self._live.state.loop.to_review(self._live.today())

    def owned(self) -> Owned:
        """Return what waits for each owner; put together once per day and state of the index."""
        state, today, known = self._live.state, self._live.today(), self._owned
        if known is None or known[0] is not state or known[1] != today:
            found = Owned.of(self._entries.drafts(), state.loop.to_review(today), self.last_meeting_note())
            known = self._owned = state, today, found
        return known[2]

    def meeting(
        self,
        period: str = "",
        *,
        review: Sequence[WorkItem] = (),
        gaps: Sequence[WorkItem] = (),
        broken: Sequence[WorkItem] = (),
    ) -> Meeting:
        """Prepare the meeting on a week or month, by default the newest week, with its work lists.

        Raises BadPeriodError, IndexNotReadyError.
        """
        self._live.source()
        state, chosen, today = self._live.state, self.period_of(period), self._live.today()
        lists = {"review": review, "gaps": gaps, "broken": broken}
        visible = self._live.visible
        return prepare_meeting(self._live.catalog, state.insights, state.playbook, visible, chosen, today, **lists)

    def period_of(self, text: str) -> Period:
        """Parse a period; an empty text means the newest week in which something ended. Raises BadPeriodError."""
        today = self._live.today()
        last = None if text.strip() else self._records().last_end(today)
        return Period.week_of(last) if last else near_period(text, today)

    def funnel_of(self, meeting: Meeting) -> tuple[Period, tuple[FunnelStep, ...]]:
        """Return the funnel of a meeting, or of the newest month that has one; without stages if there is none.

        Campaigns end rarely: most weeks have no funnel of their own.
        """
        period, playbook, records = Period.read(meeting.period), self._live.state.playbook, self._records()
        if steps := funnel(meeting.figures):
            return period, steps
        for month in records.months_counted(period.end):
            if steps := funnel(figures(playbook, records, month.until(self._live.today()))):
                return month, steps
        return period, ()

    def _records(self) -> Records:
        return records_of(self._live.state.insights)

    def visibility_of(self, meeting: Meeting) -> Visibility:
        """Return the visibility of a meeting's note: it counts all deals and campaigns, and names other entries."""
        insights = self._live.state.insights
        counted = (*insights.deals.deals, *insights.campaigns(NO_FILTERS))
        named = self._entries.summaries(meeting.named).values()
        return narrowest(entry.visibility for entry in (*counted, *named))

    def stored_meeting(self, period: str, figures_of: Callable[[str], str]) -> Meeting | None:
        """Return the saved meeting on a period; None if there is none or its numbers cannot be parsed.

        `figures_of` returns the stored figures of a note by its id; an older note has them at its end.
        None where something is hidden: they may name and count entries that were hidden since.
        Raises BadPeriodError.
        """
        if not self._live.state.index.shows_everything:
            return None
        note = self.meeting_note(self.period_of(period).key)
        return (from_lines(figures_of(note.id)) or from_note(note.body)) if note else None

    def last_meeting_note(self) -> Entry | None:
        """Return the note of the newest meeting, whose open actions are the current ones."""
        notes = meeting_notes(self._live.catalog, self._live.visible)
        newest = max(notes, key=lambda found: (found[0].end, found[1].sort_date, found[1].id), default=None)
        return self._entries.get(newest[1].id) if newest else None

    def meeting_note(self, period: str) -> Entry | None:
        """Return the saved meeting note of a period. Raises BadPeriodError."""
        found = note_on(meeting_notes(self._live.catalog, self._live.visible), Period.read(period))
        return self._entries.get(found.id) if found else None
