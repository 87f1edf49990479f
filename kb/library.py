"""The library: what the web page, the API and the command line talk to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial

import numpy as np

from kb.clock import CLOCK, Clock
from kb.entry import VISIBILITIES, Entry, Problem
from kb.errors import EmptyRequestError, EntryNotFoundError
from kb.index import selection
from kb.index.embedding import Vectors
from kb.index.embedding_cache import text_key
from kb.index.index import Index
from kb.index.neighbours import Neighbours
from kb.insight.asked import Asked, with_agreed_words
from kb.insight.insights import Board, Insights
from kb.insight.overview import Overview
from kb.insight.rates import STRENGTH
from kb.insight.scoreboard import By, OutcomeOf
from kb.insight.similar import SimilarDeals
from kb.live import LiveIndex
from kb.loop.broken import Broken
from kb.loop.hold import hold, meeting_notes, note_of
from kb.loop.lineage import Lineage, lineage
from kb.loop.meeting import Meeting, WorkItem
from kb.loop.period import Period, begun
from kb.loop.review import Standing
from kb.loop.stored import from_note
from kb.playbook import Playbook
from kb.search import facets, listing, recipe
from kb.search.answer import Answer, Hit, IndexState, Linked
from kb.search.bounds import NO_FILTERS, agreed
from kb.search.hits import make_hits
from kb.search.lookup import look_up, weigh
from kb.search.query import Filters, Query, Sort, parse_query

ALIKE_CHARS = 600  # of a text that similar ones are wanted for


class Library:
    """Answers questions about the entries. Safe from any thread."""

    def __init__(
        self,
        open_index: Callable[[], Index],
        *,
        read_playbook: Callable[[], Playbook] = Playbook,
        problems_of: Callable[[Index], list[Problem]] = lambda index: index.catalog.problems(),
        visible: frozenset[str] = VISIBILITIES,
        bundled_checksum: str = "",
        clock: Clock = CLOCK,
    ) -> None:
        """Open the index. `visible` names the visibilities this library may ever show."""
        self._problems_of = problems_of
        self._visible = visible
        self._live = LiveIndex(open_index, read_playbook, visible, bundled_checksum, clock)

    @property
    def index(self) -> Index:
        """The index being served, for a sync in the same process."""
        return self._live.state.index

    @property
    def playbook(self) -> Playbook:
        """What the company has agreed on."""
        return self._live.state.playbook

    @property
    def insights(self) -> Insights:
        """What all deals together tell, for whoever computes with them."""
        return self._live.state.insights

    def search(
        self,
        text: str,
        *,
        filters: Filters = NO_FILTERS,
        sort: Sort = "relevance",
        limit: int = 10,
        offset: int = 0,
        explain: bool = False,
    ) -> Answer:
        """Answer a question; without words, list entries newest first. Raises QueryTooLongError, BadFilterError."""
        started = time.perf_counter()
        query, filters = parse_query(text), agreed(filters, self.playbook)
        if query.is_empty:
            wanted = listing.Wanted(query, filters, limit, offset, started)
            if filters.trust:
                return listing.listing_of(self._live.source(), wanted, self._within)
            return listing.listing(self.index.catalog, wanted, self._visible)
        source, bounds = self._live.source(), self._live.state.bounds
        vector = self._live.embed(query.meaning).result()[0]  # before the rest: what ran meanwhile would slow it down
        by_words, allowed = bounds.by_words(query), self._within(filters)
        within = allowed & by_words if by_words is not None else allowed if filters else None
        words = look_up(source, weigh(source, query), *dict.fromkeys((by_words, within)))
        named = recipe.names_in(source.snapshot, query)
        neighbours = Neighbours(source.snapshot, source.store, vector)
        everywhere, *narrowed = [recipe.find(source, some, named, neighbours) for some in words]
        found = narrowed[0] if narrowed else everywhere
        shown = [candidate.entry for candidate in found.candidates]
        base = [candidate.entry for candidate in everywhere.candidates]
        ordered = found.candidates if sort == "relevance" else listing.newest_first(source.catalog, found.candidates)
        return Answer(
            query=query,
            total=len(shown),
            hits=make_hits(source.catalog, query, ordered[offset : offset + limit], explain),
            confidence=found.confidence,
            hidden_by_filters=len(set(base) - allowed) if filters else 0,
            facets=facets.count_found(source.snapshot, filters, shown, base, self._within),
            took_ms=(time.perf_counter() - started) * 1000,
        )

    def warm(self) -> None:
        """Load what takes seconds before the first person asks. Raises ModelUnavailableError."""
        self._live.embed("勝ち筋").result()
        if self._live.state.source:
            self.scoreboard("angle")
            self.know_standings()

    def entry(self, entry_id: str) -> Entry:
        """Return an entry, a draft or an archived one as well. Raises EntryNotFoundError."""
        entry = self.index.catalog.entries([entry_id]).get(entry_id)
        if entry is None or entry.visibility not in self._visible:
            raise EntryNotFoundError(entry_id)
        return entry

    def summaries(self, ids: Sequence[str]) -> dict[str, Entry]:
        """Return those entries of some ids that this library may show, by id."""
        known = self.index.catalog.entries(ids)
        return {entry_id: entry for entry_id, entry in known.items() if entry.visibility in self._visible}

    def similar(self, entry_id: str, *, limit: int = 5) -> tuple[Hit, ...]:
        """Return the entries nearest to one in meaning. Raises EntryNotFoundError."""
        entry = self.entry(entry_id)
        _, body = selection.first_passages(self.index.catalog, [entry_id]).get(entry_id, ("", ""))
        hits = self.alike(entry.title, body, limit=limit + 1, explain=False)
        return tuple(hit for hit in hits if hit.entry.id != entry_id)[:limit]

    def alike(self, title: str, body: str, *, limit: int = 5, explain: bool = True) -> tuple[Hit, ...]:
        """Return the entries nearest in meaning to a text; none where nothing is indexed."""
        if self._live.state.source is None:
            return ()
        text = f"{title}\n{body}"[:ALIKE_CHARS]
        query, source = Query(text=title, meaning=text), self._live.source()
        neighbours = Neighbours(source.snapshot, source.store, self._live.embed(text).result()[0])
        words = look_up(source, weigh(source, query), None)[0]
        found = recipe.find(source, words, recipe.names_in(source.snapshot, query), neighbours).candidates
        return make_hits(source.catalog, query, found[:limit], explain)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a unit vector a question, as a row."""
        return np.stack([self._live.embed(text).result()[0] for text in texts])

    def newest(self, filters: Filters, limit: int) -> list[Entry]:
        """Return the newest published entries within filters."""
        within = selection.passing(filters.values, filters.date_from, filters.date_to, self._visible)
        return selection.newest(self.index.catalog, within, limit, 0)[0]

    def with_passage(self, text: str) -> dict[str, Entry]:
        """Return the entries that hold a passage word for word and may be shown, by id."""
        key = text_key(self.index.embedder.checksum, text)
        return self.summaries(selection.ids_with_passage(self.index.catalog, key))

    def ids(self) -> list[str]:
        """Return the ids of all entries that may be shown."""
        return list(selection.kinds_by_id(self.index.catalog, self._visible))

    def linked(self, entry_id: str) -> Linked:
        """Return the entries a given one names, and those that name it. Raises EntryNotFoundError."""
        self.entry(entry_id)
        out, back = self.index.catalog.links_of(entry_id)
        known = self.index.catalog.entries([other for _, other in out + back])
        seen = {i: e for i, e in known.items() if e.visibility in self._visible and e.status == "published"}
        return Linked(
            tuple((relation, seen[other]) for relation, other in out if other in seen),
            tuple((relation, seen[other]) for relation, other in back if other in seen),
        )

    def lineage(self, entry_id: str) -> Lineage:
        """Return where an entry comes from and what came of it. Raises EntryNotFoundError."""
        catalog = self.index.catalog

        def published(ids: Sequence[str]) -> dict[str, Entry]:
            return {i: entry for i, entry in self.summaries(ids).items() if entry.status == "published"}

        return lineage(self.entry(entry_id), partial(selection.links_with, catalog), published)

    def broken(self, opened: Mapping[str, date] | None = None) -> Broken:
        """Return where the chain from deals to content and back breaks; `opened`: the day an entry was last read."""
        return self._live.state.loop.broken(self._live.today(), opened or {})

    def standing(self, entry_id: str) -> Standing | None:
        """Return how far a published entry can be relied on."""
        return self._live.state.loop.standing(entry_id, self._live.today())

    def trust_of(self, entry: Entry) -> str:
        """Return the state of an entry; empty for a deal that nobody checked and nothing speaks against."""
        standing = self.standing(entry.id)
        return "" if standing is None or (entry.kind == "deal" and standing.state == "unverified") else standing.state

    def know_standings(self) -> None:
        """Find out how far each entry can be relied on after a change, so that searches need not."""
        if self._live.state.source:
            self._live.state.loop.numbers(self._live.today())

    def to_review(self) -> list[tuple[Entry, Standing]]:
        """Return content with its standing, and deals in doubt: the overdue first."""
        return self._live.state.loop.to_review(self._live.today())

    def scoreboard(
        self, by: By, *, filters: Filters = NO_FILTERS, outcome_of: OutcomeOf = "decided", strength: float = STRENGTH
    ) -> Board:
        """Return how deals ended by angle, competitor …, within filters. Raises BadFilterError, IndexNotReadyError."""
        self._live.source()
        state = self._live.state
        return state.insights.scoreboard(agreed(filters, state.playbook), by, outcome_of, strength)

    def similar_deals(
        self, asked: Asked, *, filters: Filters = NO_FILTERS, count: int = 5, strength: float = STRENGTH
    ) -> SimilarDeals:
        """Return what happened in deals like the one asked about, balanced by outcome.

        Raises EmptyRequestError, EntryNotFoundError, BadFilterError, IndexNotReadyError.
        """
        self._live.source()
        state = self._live.state
        if asked.is_empty:
            raise EmptyRequestError
        pending = self._live.embed_passages(asked.told) if asked.told else None
        whole = self.understood(asked)
        bounds = agreed(filters, state.playbook)
        return state.insights.similar(whole, pending.result() if pending else None, bounds, count, strength)

    def understood(self, asked: Asked) -> Asked:
        """Return a deal asked about with what its entry, its text and the playbook say. Raises EntryNotFoundError."""
        state = self._live.state
        whole = state.insights.asked(asked.deal_id, asked) if asked.deal_id else asked
        return with_agreed_words(whole, state.playbook)

    def problems(self) -> list[Problem]:
        """Return what authors should fix, by path and line; nothing that names an entry this library may not show."""
        found = self._problems_of(self.index)
        if self._visible >= VISIBILITIES:
            return found
        hidden = [e for e in self.index.catalog.entries().values() if e.visibility not in self._visible]
        names = [name for entry in hidden for name in (f"'{entry.id}'", entry.path)]
        paths = {entry.path for entry in hidden}
        return [p for p in found if p.path not in paths and not any(name in p.message for name in names)]

    def state(self) -> IndexState:
        """Return how the index is doing."""
        index = self.index
        return IndexState(
            ready=self._live.state.source is not None,
            fingerprint=index.fingerprint,
            model=index.embedder.name,
            generation=index.catalog.meta("generation"),
            **index.catalog.counts(),
        )

    def refresh(self) -> bool:
        """Take in what a sync in this process wrote; return whether anything changed."""
        return self._live.refresh()

    def reload_if_changed(self) -> bool:
        """Take in what another process wrote or built beside; return whether anything changed."""
        return self._live.reload_if_changed()

    def close(self) -> None:
        """Let go of all files."""
        self._live.close()

    def overview(
        self, *, filters: Filters = NO_FILTERS, outcome_of: OutcomeOf = "decided", strength: float = STRENGTH
    ) -> Overview:
        """Return reasons by month, funnels of campaigns and angles by industry. Raises as `scoreboard` does."""
        self._live.source()
        state = self._live.state
        return state.insights.overview(agreed(filters, state.playbook), outcome_of, strength)

    def meeting(
        self,
        period: str = "",
        *,
        review: Sequence[WorkItem] = (),
        gaps: Sequence[WorkItem] = (),
        broken: Sequence[WorkItem] = (),
    ) -> Meeting:
        """Prepare the meeting on a week or month, by default the last full week, with what waits.

        Raises BadPeriodError, IndexNotReadyError.
        """
        self._live.source()
        state, held = self._live.state, begun(period, self._live.today())
        lists = {"review": review, "gaps": gaps, "broken": broken}
        return hold(state.index.catalog, state.insights, state.playbook, self._visible, held, **lists)

    def stored_meeting(self, period: str) -> Meeting | None:
        """Return the meeting on a period as it was saved; None where none was, or its numbers cannot be read.

        Raises BadPeriodError.
        """
        note = self.meeting_note(begun(period, self._live.today()).key)
        return from_note(note.body) if note else None

    def meeting_note(self, period: str) -> Entry | None:
        """Return the saved note on the meeting of a period. Raises BadPeriodError."""
        found = note_of(meeting_notes(self.index.catalog, self._visible), Period.read(period))
        return self.entry(found.id) if found else None

    def _within(self, filters: Filters) -> frozenset[int]:
        found = self._live.state.bounds.within(filters)
        if not filters.trust:
            return found
        numbers = self._live.state.loop.numbers(self._live.today())
        return found & frozenset[int]().union(*(of for state, of in numbers.items() if state in filters.trust))
