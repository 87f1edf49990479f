"""What people with the same audiences work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.examples import Examples
from app.upkeep import Upkeep
from ingest.store import EntryStore
from kb.clock import Clock
from kb.library import Library
from kb.loop.activity import Activity
from kb.loop.board import GapBoard
from kb.loop.judging import Judging
from kb.loop.logbook import Logbook
from kb.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Seen:
    """The entries one may see, and everything that is derived from them."""

    library: Library
    store: EntryStore
    gap_board: GapBoard
    judging: Judging
    logbook: Logbook
    examples: Examples
    upkeep: Upkeep

    @classmethod
    def of(
        cls,
        library: Library,
        store: EntryStore,
        activity: Activity,
        clock: Clock,
        team: str,
        hides: Callable[[str], bool] = lambda _text: False,
    ) -> Seen:
        """Derive everything from a library; `team` is that of the people, if they are all in one.

        What others searched for is left out where it `hides` that.
        """
        board = GapBoard(library.search, activity, library.deals.open_amounts, clock, hides)
        return cls(
            library=library,
            store=store,
            gap_board=board,
            judging=make_judging(library, activity, clock, hides),
            logbook=Logbook(activity, team),
            examples=Examples(library, clock),
            upkeep=Upkeep(library, board),
        )

    def saving(self, visible: frozenset[str], viewer: Viewer) -> Seen:
        """Return the same for one of the people, who saves what they may see, also where no entry has it yet."""
        return replace(self, store=self.store.of(self.library, visible, viewer))


def make_judging(
    library: Library, activity: Activity, clock: Clock, hides: Callable[[str], bool] = lambda _text: False
) -> Judging:
    """Return what grades and measures the search of a library."""
    return Judging(library.search, library.entries.published, library.state, library.visible, activity, clock, hides)
