"""The library: what the web page, the API and the command line talk to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date

from kb.entry import FACETS, KINDS, OUTCOMES, TEAMS, VISIBILITIES, Entry, Problem
from kb.errors import BadFilterError, EntryNotFoundError, IndexNotReadyError
from kb.index import selection
from kb.index.index import Index, current_build
from kb.index.snapshot import take_snapshot
from kb.playbook import Playbook
from kb.search import facets, recipe
from kb.search.answer import Answer, Hit, IndexState, Linked, Why
from kb.search.calibration import calibrate
from kb.search.query import Filters, Query, Sort, parse_query
from kb.search.snippets import make_snippet

NO_FILTERS = Filters()
REMEMBERED_FILTERS = 64
SETTLE_SECONDS = 0.5  # for searches under way, before the store they may use is closed
_FIXED = {"kind": KINDS, "outcome": OUTCOMES, "team": TEAMS, "language": ("ja", "en")}


@dataclass(frozen=True, slots=True)
class _Live:
    """One index with its snapshot; replaced as a whole."""

    index: Index
    source: recipe.Source | None  # None: nothing was ever indexed
    within: dict[Filters, frozenset[int]] = field(default_factory=dict)  # entries that pass filters


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
        today: Callable[[], date] = date.today,
    ) -> None:
        """Open the index. `visible` names the visibilities this library may ever show."""
        self._open_index = open_index
        self._read_playbook = read_playbook
        self._problems_of = problems_of
        self._visible = visible
        self._bundled_checksum = bundled_checksum
        self._today = today
        self._reloading = threading.Lock()
        # One thread embeds: OpenMP keeps its workers per calling thread, and many teams would fight for the cores.
        self._embedding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedding")
        self.playbook = read_playbook()
        self._live = self._loaded(open_index())

    @property
    def index(self) -> Index:
        """The index being served, for a sync in the same process."""
        return self._live.index

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
        query, filters = parse_query(text), self._agreed(filters)
        if query.is_empty:
            return self._listing(query, filters, limit, offset, started)
        source = self._source()
        pending = self._embedding.submit(self._live.index.embedder.embed_queries, [query.meaning])
        keywords = recipe.weigh(source, query)  # meanwhile
        by_words = self._by_words(query)
        allowed = self._within(filters) & by_words if by_words is not None else self._within(filters)
        everywhere = recipe.look_up(source, keywords, by_words)
        within = recipe.look_up(source, keywords, allowed) if filters else everywhere
        vector = pending.result()[0]
        unfiltered = recipe.find(source, query, everywhere, vector)
        found = recipe.find(source, query, within, vector) if filters else unfiltered
        shown = [candidate.entry for candidate in found.candidates]
        base = [candidate.entry for candidate in unfiltered.candidates]
        ordered = self._sorted(found.candidates, sort)
        return Answer(
            query=query,
            total=len(shown),
            hits=self._hits(query, ordered[offset : offset + limit], explain),
            confidence=found.confidence,
            hidden_by_filters=len(set(base) - allowed) if filters else 0,
            facets=facets.count_found(source.snapshot, filters, shown, base, self._within),
            took_ms=(time.perf_counter() - started) * 1000,
        )

    def warm(self) -> None:
        """Load the model on the thread that will use it. Raises ModelUnavailableError."""
        self._embedding.submit(self._live.index.embedder.embed_queries, ["勝ち筋"]).result()

    def entry(self, entry_id: str) -> Entry:
        """Return an entry, a draft or an archived one as well. Raises EntryNotFoundError."""
        entry = self._live.index.catalog.entries([entry_id]).get(entry_id)
        if entry is None or entry.visibility not in self._visible:
            raise EntryNotFoundError(entry_id)
        return entry

    def similar(self, entry_id: str, *, limit: int = 5) -> tuple[Hit, ...]:
        """Return the entries nearest to one in meaning. Raises EntryNotFoundError."""
        entry = self.entry(entry_id)
        _, body = selection.first_passages(self._live.index.catalog, [entry_id]).get(entry_id, ("", ""))
        text = f"{entry.title}\n{body}"[:600]
        query, source = Query(text=entry.title, meaning=text), self._source()
        vector = self._embedding.submit(self._live.index.embedder.embed_queries, [text]).result()[0]
        words = recipe.look_up(source, recipe.weigh(source, query), None)
        found = recipe.find(source, query, words, vector).candidates[: limit + 1]
        return tuple(hit for hit in self._hits(query, list(found), False) if hit.entry.id != entry_id)[:limit]

    def linked(self, entry_id: str) -> Linked:
        """Return the entries a given one names, and those that name it. Raises EntryNotFoundError."""
        self.entry(entry_id)
        out, back = self._live.index.catalog.links_of(entry_id)
        known = self._live.index.catalog.entries([other for _, other in out + back])
        seen = {i: e for i, e in known.items() if e.visibility in self._visible and e.status == "published"}
        return Linked(
            tuple((relation, seen[other]) for relation, other in out if other in seen),
            tuple((relation, seen[other]) for relation, other in back if other in seen),
        )

    def problems(self) -> list[Problem]:
        """Return what authors should fix, by path and line; nothing that names an entry this library may not show."""
        found = self._problems_of(self._live.index)
        if self._visible >= VISIBILITIES:
            return found
        hidden = [e for e in self._live.index.catalog.entries().values() if e.visibility not in self._visible]
        names = [name for entry in hidden for name in (f"'{entry.id}'", entry.path)]
        paths = {entry.path for entry in hidden}
        return [p for p in found if p.path not in paths and not any(name in p.message for name in names)]

    def state(self) -> IndexState:
        """Return how the index is doing."""
        index = self._live.index
        return IndexState(
            ready=self._live.source is not None,
            fingerprint=index.fingerprint,
            model=index.embedder.name,
            generation=index.catalog.meta("generation"),
            **index.catalog.counts(),
        )

    def refresh(self) -> bool:
        """Take in what a sync in this process wrote; return whether anything changed."""
        source = self._live.source
        if source and source.snapshot.generation == self._live.index.catalog.meta("generation"):
            return False
        self.playbook = self._read_playbook()
        self._live = self._loaded(self._live.index)
        return True

    def reload_if_changed(self) -> bool:
        """Take in what another process wrote or built beside; return whether anything changed."""
        live = self._live
        known = live.source.snapshot.generation if live.source else ""
        moved = not live.index.is_current and bool(current_build(live.index.root))
        if not moved and live.index.catalog.meta("generation") == known:
            return False
        if not self._reloading.acquire(blocking=False):
            return False
        try:
            return self._reloaded(live, moved)
        finally:
            self._reloading.release()

    def _reloaded(self, live: _Live, moved: bool) -> bool:
        index = self._open_index() if moved else live.index
        if not index.is_current:  # built for another model: this process cannot ask it and goes on with its own
            index.close()
            return False
        if live.source and not moved:  # searches go on by exact comparison while Chroma reads its files again
            self._live = _Live(index, replace(live.source, store=None))
            time.sleep(SETTLE_SECONDS)
            index.release_vectors()
        self.playbook = self._read_playbook()
        self._live = self._loaded(index)
        if moved:
            time.sleep(SETTLE_SECONDS)
            live.index.close()
        return True

    def close(self) -> None:
        """Let go of all files."""
        self._embedding.shutdown(cancel_futures=True)
        self._live.index.close()

    def _loaded(self, index: Index) -> _Live:
        if not index.is_current:
            return _Live(index, None)
        snapshot = take_snapshot(index.catalog, index.vectors, self._visible)
        known = self._live.source.calibration if hasattr(self, "_live") and self._live.source else None
        calibration = known or calibrate(index.embedder, snapshot, self._bundled_checksum)
        today = self._today().isoformat()
        return _Live(index, recipe.Source(index.catalog, snapshot, index.vectors, calibration, today))

    def _source(self) -> recipe.Source:
        if self._live.source is None:
            raise IndexNotReadyError
        today = self._today().isoformat()
        return self._live.source if self._live.source.today == today else replace(self._live.source, today=today)

    def _agreed(self, filters: Filters) -> Filters:
        """Return filters in the words of the playbook; raise BadFilterError on a value no entry can have."""
        values = []
        for facet, wanted in filters.values:
            if facet not in FACETS:
                raise BadFilterError(f"There is no filter '{facet}'; use one of {', '.join(FACETS)}.")
            fixed, words = _FIXED.get(facet), self.playbook.vocabulary(facet)
            for value in wanted:
                if fixed and value not in fixed:
                    raise BadFilterError(f"'{value}' is no {facet}; use one of {', '.join(fixed)}.")
            terms = [words.find(value) if words else None for value in wanted]
            values.append((facet, tuple(t.key if t else v for t, v in zip(terms, wanted, strict=True))))
        return Filters(tuple(pair for pair in values if pair[1]), filters.date_from, filters.date_to)

    def _within(self, filters: Filters) -> frozenset[int]:
        """Return the entries that pass filters; a page turn or the next keystroke asks the same again."""
        known = self._live.within.get(filters)
        if known is None:
            known = self._live.within[filters] = self._passing(filters)
            while len(self._live.within) > REMEMBERED_FILTERS:
                self._live.within.pop(next(iter(self._live.within)), None)
        return known

    def _passing(self, filters: Filters) -> frozenset[int]:
        condition = selection.passing(filters.values, filters.date_from, filters.date_to, self._visible)
        return frozenset(selection.entry_numbers(self._live.index.catalog, condition))

    def _by_words(self, query: Query) -> frozenset[int] | None:
        """Return the entries that hold every exact phrase and nothing excluded; None where nothing is asked of them."""
        if not query.phrases and not query.excluded:
            return None
        catalog = self._live.index.catalog
        kept = self._within(NO_FILTERS)
        for phrase in query.phrases:
            kept &= selection.entries_with_text(catalog, phrase, parse_query(phrase.replace('"', "")).terms)
        for word in query.excluded:
            kept -= selection.entries_with_text(catalog, word, ())
        return kept

    def _sorted(self, candidates: tuple[recipe.Candidate, ...], sort: Sort) -> list[recipe.Candidate]:
        if sort == "relevance":
            return list(candidates)
        dates = selection.sort_dates(self._live.index.catalog, [candidate.entry for candidate in candidates])
        return sorted(candidates, key=lambda c: dates.get(c.entry, ""), reverse=True)

    def _listing(self, query: Query, filters: Filters, limit: int, offset: int, started: float) -> Answer:
        catalog = self._live.index.catalog
        within = selection.passing(filters.values, filters.date_from, filters.date_to, self._visible)
        page, total = ([], 0) if query.excluded else selection.newest(catalog, within, limit, offset)
        everything = selection.newest(catalog, selection.passing((), "", "", self._visible), 1, 0)[1]
        first = selection.first_passages(catalog, [entry.id for entry in page])
        hits = tuple(
            Hit(entry, first[entry.id][0], make_snippet(first[entry.id][1], (), entry.language), "good", 0.0)
            for entry in page
        )
        return Answer(
            query=query,
            total=total,
            hits=hits,
            confidence="strong" if total else "none",
            hidden_by_filters=everything - total if filters else 0,
            facets=facets.count_all(catalog, filters, self._visible),
            took_ms=(time.perf_counter() - started) * 1000,
        )

    def _hits(self, query: Query, candidates: list[recipe.Candidate], explain: bool) -> tuple[Hit, ...]:
        catalog = self._live.index.catalog
        numbers = [candidate.chunk for candidate in candidates]
        found = selection.passages(catalog, numbers)
        terms = selection.terms_in(catalog, numbers, query.terms) if explain else {}
        hits = []
        for candidate in candidates:
            if candidate.chunk not in found:  # a sync has just replaced it
                continue
            passage = found[candidate.chunk]
            entry = passage.entry
            snippet = make_snippet(passage.text or entry.title, query.terms, entry.language, passage.words)
            why = _why(candidate, terms.get(candidate.chunk, ())) if explain else None
            hits.append(Hit(entry, passage.heading, snippet, candidate.band, candidate.score, why))
        return tuple(hits)


def _why(candidate: recipe.Candidate, terms: tuple[str, ...]) -> Why:
    return Why(
        keyword_rank=candidate.keyword_rank,
        keyword_score=candidate.keyword_score,
        keyword_terms=terms,
        meaning_rank=candidate.meaning_rank,
        similarity=candidate.similarity,
        title_similarity=candidate.title_similarity,
        exact_name=candidate.exact_name,
        adjustments=candidate.adjustments,
    )
