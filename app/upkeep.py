"""How much there is to put in order, for the menu on every page: counted once per index generation."""

from __future__ import annotations

from collections.abc import Mapping

from kb.library import Library
from kb.loop.board import GapBoard
from kb.loop.review import DOUBTED


class Upkeep:
    """Counts what waits for somebody. A page only reads what was counted last: it asks no database."""

    def __init__(self, library: Library, board: GapBoard) -> None:
        self._library = library
        self._board = board
        self._generation = ""
        self._counts: Mapping[str, int] = {}

    @property
    def counts(self) -> Mapping[str, int]:
        """The counts by page; empty until they are known. Gaps are those found last."""
        gaps = self._board.last_gaps
        return {**self._counts, **({} if gaps is None else {"gaps": len(gaps)})}

    def count(self) -> None:
        """Count again if the index has changed."""
        state = self._library.state()
        if not state.ready or state.generation == self._generation:
            return
        doubted = [one for _, one in self._library.loop.to_review() if one.state in DOUBTED]
        self._counts = {
            "loop": self._library.loop.broken(self._board.days_opened()).count,
            "review": len(doubted),
            "problems": len(self._library.entries.problems()),
        }
        self._generation = state.generation
