"""The index being served, and how it is swapped while searches continue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date

from kb.clock import Clock
from kb.errors import IndexNotReadyError, PlaybookUnknownError
from kb.generation import Generation
from kb.index.catalog import Catalog
from kb.index.embedding import Vectors
from kb.index.embedding_thread import EmbeddingThread
from kb.index.index import Index
from kb.index.live_vocabulary import LiveVocabulary
from kb.index.served_embedder import ServedEmbedder
from kb.index.snapshot import Snapshot, take_snapshot
from kb.index.vectors import VectorStore
from kb.insight.insights import Insights
from kb.loop.loop import Loop
from kb.playbook import Playbook
from kb.search.bounds import Bounds
from kb.search.calibration import calibrate
from kb.search.query import Filters
from kb.search.source import Source
from kb.search.thesaurus import Thesaurus

SETTLE_SECONDS = 0.5  # for running searches, before the store they may use is closed


@dataclass(frozen=True, slots=True)
class State:
    """One index with everything derived from it; replaced as a whole."""

    index: Index
    playbook: Playbook
    source: Source | None  # None: no index yet
    bounds: Bounds
    insights: Insights
    loop: Loop
    thesaurus: Thesaurus
    fault: PlaybookUnknownError | None = None  # why nobody knows who may read what


class LiveIndex:
    """Holds the state being served. Thread-safe."""

    def __init__(
        self,
        open_index: Callable[[], Index],
        read_playbook: Callable[[], Playbook],
        bundled_checksum: str,
        clock: Clock,
        embedding: EmbeddingThread | None = None,
    ) -> None:
        self._open_index = open_index
        self._read_playbook = read_playbook
        self.bundled_checksum = bundled_checksum
        self.clock = clock
        self._reloading = threading.Lock()
        self._loading = threading.Lock()  # a state is made from the one before
        self.embedding = embedding or EmbeddingThread()
        self.vocabulary = LiveVocabulary()
        index = open_index()
        self.state = self._loaded(index, None, is_complete=index.is_current)

    def source(self) -> Source:
        """Return the source to search today. Raises IndexNotReadyError."""
        source = self.state.source
        if source is None:
            raise IndexNotReadyError
        today = self.today()
        doubted = self.state.loop.known_numbers(today)["needs-review"]
        return replace(source, today=today.isoformat(), doubted=doubted)

    @property
    def catalog(self) -> Catalog:
        """The catalogue of the index being served."""
        return self.state.index.catalog

    @property
    def visible(self) -> frozenset[str]:
        """The visibilities of the entries in the index."""
        return self.state.index.visible

    @property
    def generation(self) -> Generation | None:
        """What is being served; None without an index. Asks no database."""
        state = self.state
        return Generation(state.index.place.name, int(state.source.snapshot.generation or 0)) if state.source else None

    def today(self) -> date:
        """Return today's date."""
        return self.clock.today()

    def within(self, filters: Filters) -> frozenset[int]:
        """Return the numbers of the entries that match the filters."""
        state = self.state
        found = state.bounds.within(filters)
        if not filters.trust:
            return found
        numbers = state.loop.numbers(self.today())
        return found & frozenset[int]().union(*(of for trust, of in numbers.items() if trust in filters.trust))

    def embed(self, text: str) -> Future[Vectors]:
        """Embed a query in the background; one row."""
        return self.embedding.query(self.state.index.embedder, text)

    def embed_passages(self, texts: Sequence[str]) -> Future[Vectors]:
        """Embed texts as passages, in the background; one row each."""
        return self.embedding.passages(self.state.index.embedder, texts)

    def refresh(self) -> bool:
        """Load what a sync in this process wrote; return whether anything changed."""
        with self._loading:
            state = self.state
            if state.source and not self._is_behind(state) and not self._is_mended(state):
                return False
            self.state = self._loaded(state.index, state, is_complete=bool(state.source) or state.index.is_current)
            return True

    def reload_if_changed(self) -> bool:
        """Load what another process wrote or rebuilt; return whether anything changed."""
        with self._reloading:
            state = self.state
            current = state.index.place.current()
            moved = bool(current) and current != state.index.place.name
            if moved or self._is_behind(state):
                return self._reloaded(state, moved)
            return self._is_mended(state) and self.refresh()

    def catch_up(self) -> bool:
        """Load what another process wrote to the same build, also while this one writes; only without files."""
        with self._reloading:
            state = self.state
            is_current = state.index.place.current() == state.index.place.name
            return self._reloaded(state, False) if is_current and self._is_behind(state) else False

    def renew_if_gone(self) -> bool:
        """Open another index where somebody deleted the one being served; return whether somebody did.

        There is none to search until a sync has filled it, unless another process has.
        """
        with self._reloading:
            state = self.state
            if not state.index.place.is_gone():
                return False
            state.index.release_vectors()
            index = self._open_index()
            with self._loading:
                self.state = self._loaded(index, None, is_complete=index.is_current)
            time.sleep(SETTLE_SECONDS)
            _close(state.index)
            return True

    def reopen(self) -> None:
        """Reopen the vectors after a failure, with what other processes wrote."""
        with self._reloading:
            self._release_vectors(self.state)
            state = self.state
            self.state = self._loaded(state.index, state, is_complete=bool(state.source) or state.index.is_current)

    def close(self) -> None:
        """Close all files."""
        self.embedding.close()
        self.vocabulary.close()
        _close(self.state.index)

    def _is_behind(self, state: State) -> bool:
        known = state.source.snapshot.generation if state.source else ""
        return state.index.catalog.meta("generation") != known

    def _is_mended(self, state: State) -> bool:
        """Whether rules that were unknown can be read by now."""
        return state.fault is not None and self._rules(state)[1] is None

    def _reloaded(self, state: State, moved: bool) -> bool:
        index = self._open_index() if moved else state.index
        if not index.is_current:  # built for another model, which this process cannot query: keep the old index
            if moved:
                _close(index)
            return False
        if state.source and not moved and index.place.has_files:
            self._release_vectors(state)
        try:
            with self._loading:
                self.state = self._loaded(index, self.state, is_complete=True)
        except BaseException:
            if moved:
                _close(index)
            raise
        if moved:
            time.sleep(SETTLE_SECONDS)
            _close(state.index)
        return True

    def _release_vectors(self, state: State) -> None:
        """Close the vectors; searches compare exactly while Chroma reopens its files."""
        if state.source:
            self.state = replace(state, source=replace(state.source, store=None))
            time.sleep(SETTLE_SECONDS)
        state.index.release_vectors()

    def _thesaurus_of(self, playbook: Playbook, before: State | None) -> Thesaurus:
        """Return the spellings of a playbook: those made before if it is the same."""
        return before.thesaurus if before and before.playbook is playbook else Thesaurus.of(playbook)

    def _vectors_of(self, index: Index) -> VectorStore | Snapshot:
        """Return where a snapshot takes its vectors from."""
        return index.vectors

    def _store_of(self, index: Index) -> VectorStore | None:
        """Return what finds neighbours in a large index; None: all comparisons are exact."""
        return index.vectors

    def _loaded(self, index: Index, before: State | None, *, is_complete: bool) -> State:
        visible, (playbook, fault) = index.visible, self._rules(before)
        bounds, words = Bounds(index.catalog, visible), self._thesaurus_of(playbook, before)
        if not is_complete:
            empty = Insights(index.catalog, None, playbook, bounds, visible, self.today)
            nothing = Loop(index.catalog, playbook, empty, visible)
            return State(index, playbook, None, bounds, empty, nothing, words, fault)
        same = before.source.snapshot if before and before.source and before.index is index else None
        trusted = before.loop.last_known if before and same else None
        snapshot = take_snapshot(index.catalog, self._vectors_of(index), visible, same)
        insights = Insights(index.catalog, snapshot, playbook, bounds, visible, self.today)
        known = before.source if before else None
        if known and 2 * known.snapshot.balance.texts >= snapshot.balance.texts:
            calibration = known.calibration
        else:  # at first, and while a new index is being filled
            calibration = calibrate(index.embedder, snapshot, self.bundled_checksum, index.cache)
        source = Source(
            index.catalog, snapshot, self._store_of(index), calibration, self.today().isoformat(), index.cache
        )
        loop = Loop(index.catalog, playbook, insights, visible, trusted)
        self.vocabulary.follow(index.catalog, snapshot.generation)
        return State(index, playbook, source, bounds, insights, loop, words, fault)

    def _rules(self, before: State | None) -> tuple[Playbook, PlaybookUnknownError | None]:
        """Return the playbook, and why its rules are unknown where a first one cannot be read while others are served.

        Raises PlaybookUnknownError at the start.
        """
        try:
            return self._read_playbook(), None
        except PlaybookUnknownError as error:
            if before is None:
                raise
            return before.playbook, error


def _close(index: Index) -> None:
    """Close the files of an index, and the connections to a service that embeds for it."""
    index.close()
    if isinstance(index.embedder, ServedEmbedder):
        index.embedder.close()
