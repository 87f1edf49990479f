"""The library: four readers over one state of the index, for the web page, the API and the command line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TypeVar

from kb.clock import CLOCK, Clock
from kb.entry import Problem
from kb.errors import EmbeddingAwayError
from kb.generation import Generation
from kb.index.index import Index
from kb.index.part import PartialIndex
from kb.index.served_embedder import ServedEmbedder
from kb.live import LiveIndex, State
from kb.live_part import LivePart
from kb.playbook import Playbook
from kb.readers.deals import Deals
from kb.readers.entries import Entries
from kb.readers.loop import Loop
from kb.readers.search import Search
from kb.search.answer import IndexState

T = TypeVar("T")


class Library:
    """Read access to the entries. Thread-safe."""

    def __init__(
        self,
        open_index: Callable[[], Index],
        *,
        read_playbook: Callable[[], Playbook] = Playbook,
        problems_of: Callable[[Index], list[Problem]] = lambda index: index.catalog.problems(),
        bundled_checksum: str = "",
        clock: Clock = CLOCK,
    ) -> None:
        """Open the index; its visibilities are those of the library."""
        self._read(LiveIndex(open_index, read_playbook, bundled_checksum, clock), problems_of)

    def _read(self, live: LiveIndex, problems_of: Callable[[Index], list[Problem]]) -> None:
        self._live = live
        self._used: tuple[State, frozenset[str]] | None = None
        self._problems_of = problems_of
        self.entries = Entries(live, problems_of)
        self.search = Search(live, self.entries)
        self.deals = Deals(live)
        self.loop = Loop(live, self.entries)

    @property
    def playbook(self) -> Playbook:
        """The company's playbook."""
        return self._live.state.playbook

    def need_playbook(self) -> None:
        """Require that the rules of the playbook are known. Raises PlaybookUnknownError."""
        if fault := self._live.state.fault:
            raise fault.with_traceback(None)  # which would grow with each request

    @property
    def visible(self) -> frozenset[str]:
        """The visibilities of the entries it shows."""
        return self._live.visible

    def used_visibilities(self) -> frozenset[str]:
        """Return the visibilities that its entries have."""
        state = self._live.state
        if self._used is None or self._used[0] is not state:
            self._used = state, state.index.catalog.visibilities()
        return self._used[1]

    @property
    def shows_everything(self) -> bool:
        """Whether no entry is hidden."""
        return self._live.state.index.shows_everything

    def today(self) -> date:
        """Return today's date."""
        return self._live.today()

    def warm(self) -> None:
        """Load what takes seconds, before the first request. Raises ModelUnavailableError."""
        with suppress(EmbeddingAwayError):  # questions are answered by words until it is back
            self._live.embed("勝ち筋").result()
        if self._live.state.source:
            self.deals.scoreboard("angle")
            self.loop.update_standings()

    def state(self) -> IndexState:
        """Return the state of the index."""
        index = self._live.state.index
        return IndexState(
            ready=self._live.state.source is not None,
            fingerprint=index.fingerprint,
            model=index.embedder.name,
            generation=index.catalog.meta("generation"),
            **index.catalog.counts(),
        )

    @property
    def generation(self) -> Generation | None:
        """Which state of the index it shows; None without an index. Asks no database."""
        return self._live.generation

    def shows(self, wanted: Generation) -> bool:
        """Whether it shows a generation or a later one."""
        shown = self.generation
        return shown is not None and shown.has(wanted)

    @property
    def has_entries(self) -> bool:
        """Whether there is anything to find; asks no database where something can be found."""
        source = self._live.state.source
        return bool(source and len(source.snapshot.entries)) or self._live.catalog.has_entries()

    def with_index(self, use: Callable[[Index], T]) -> T:
        """Run a sync of this process over the index being served; `refresh` shows what it wrote."""
        return use(self._live.state.index)

    def refresh(self) -> bool:
        """Load what a sync in this process wrote; return whether anything changed."""
        return self._live.refresh()

    def reload_if_changed(self) -> bool:
        """Load what another process wrote or rebuilt; return whether anything changed."""
        return self._live.reload_if_changed()

    def renew_if_gone(self) -> bool:
        """Open another index where somebody deleted the one being served; return whether somebody did."""
        return self._live.renew_if_gone()

    def catch_up(self) -> bool:
        """Load what another process wrote to the same build, also while this one writes; only without files."""
        return self._live.catch_up()

    def vectors_trouble(self) -> str:
        """Return why a server of vectors cannot be reached; empty if it can, and where there is none."""
        return self._live.state.index.vectors_trouble

    @property
    def embedding_service(self) -> ServedEmbedder | None:
        """The service that embeds; None where the model runs in this process."""
        embedder = self._live.state.index.embedder
        return embedder if isinstance(embedder, ServedEmbedder) else None

    def meaning_trouble(self) -> str:
        """Return why questions are answered by words alone; empty if they are not."""
        return service.trouble if (service := self.embedding_service) else ""

    def reopen(self) -> None:
        """Reopen the vectors of the index after a failure."""
        self._live.reopen()

    def part(self, visible: frozenset[str], folder: Path) -> Part:
        """Return what may be seen of it with some visibilities; its catalogue is kept in a folder."""
        return Part(self, visible, folder)

    def close(self) -> None:
        """Close all files."""
        self._live.close()


class Part(Library):
    """Read access to the entries that some may see, as if there were no others. Thread-safe."""

    def __init__(self, whole: Library, visible: frozenset[str], folder: Path) -> None:
        index = whole.with_index(lambda index: PartialIndex(index, folder, visible))
        self.index = index
        self._part = LivePart(whole._live, index)
        self._read(self._part, whole._problems_of)

    @property
    def is_fresh(self) -> bool:
        """Whether it shows what the whole library shows now."""
        return self._part.is_fresh


class Beside(Library):
    """Read access to an index of its own beside the one of a library, whose model it uses. Thread-safe."""

    def __init__(self, other: Library, index: Index, read_playbook: Callable[[], Playbook]) -> None:
        live = other._live
        self._beside = LiveIndex(lambda: index, read_playbook, live.bundled_checksum, live.clock, live.embedding)
        self._read(self._beside, other._problems_of)

    def close(self) -> None:
        """Close its own files."""
        self._beside.vocabulary.close()
        self._beside.state.index.close()
