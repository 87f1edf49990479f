"""The board of gaps over one library and one activity database."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from kb.errors import GapNotClosedError
from kb.index.analysis import fold, terms
from kb.index.embedding import Vectors
from kb.library import Library
from kb.loop.activity import Activity, GapRow
from kb.loop.clusters import clusters, name_of
from kb.loop.gaps import LOOKED_BACK, Gap, gaps
from kb.loop.logbook import filters_of

PLACE = 5  # within which an entry must stand to close a gap
MOST_REMEMBERED = 5_000  # vectors of wordings
KEPT_AT_ONCE = 100
LATELY_SECONDS = 300.0  # longer than a server takes to look again by itself


class GapBoard:
    """Finds gaps, and closes one when its search is answered. Safe from any thread."""

    def __init__(self, library: Library, activity: Activity) -> None:
        self._library = library
        self._activity = activity
        self._lock = threading.Lock()
        self._vectors: dict[str, Vectors] = {}
        self._lately: tuple[float, list[Gap]] | None = None

    def gaps(self) -> list[Gap]:
        """Return the open gaps, the most pressing first."""
        now = datetime.now(UTC)
        since = (now - LOOKED_BACK).isoformat(timespec="seconds")
        deals = self._library.deals.table.deals if self._library.state().ready else ()
        amounts = {d.id: (d.deal.amount or 0) if d.deal else 0 for d in deals if d.outcome == "open"}
        found = gaps(
            self._activity.searches(since),
            set(self._activity.opened_of(since)),
            self._activity.gaps(),
            self._clustered,
            lambda wordings: name_of(wordings, self._embedded(wordings)),
            amounts,
            now,
        )
        self._lately = time.monotonic(), found
        return found

    def lately(self) -> list[Gap]:
        """Return the gaps as they were a few minutes ago at most; what was decided here since counts."""
        known = self._lately
        return known[1] if known and time.monotonic() - known[0] < LATELY_SECONDS else self.gaps()

    def gap(self, query: str) -> Gap | None:
        """Return the open gap a wording belongs to."""
        wanted = fold(query)
        return next((g for g in self.gaps() if wanted == g.query or wanted in map(fold, g.wordings)), None)

    def days_opened(self) -> dict[str, date]:
        """Return the day each entry was last opened from a search."""
        return self._activity.days_opened()

    def decide(self, query: str, *, state: str = "open", owner: str = "", due: str = "") -> bool:
        """Assign or dismiss a gap; return whether it is still there. Raises ActivityUnavailableError."""
        found = self.gap(query)
        if found:
            row = found.decided or GapRow(found.query, found.wording, found.filters)
            self._activity.decide(replace(row, state=state, owner=owner, due=due))
            self._lately = None
        return found is not None

    def set_apart(self, query: str, wording: str) -> bool:
        """Take a wording out of a gap from now on; return whether it was there. Raises ActivityUnavailableError."""
        found, wanted = self.gap(query), fold(wording)
        others = {fold(one) for one in found.wordings} - {wanted} if found else set()
        if not found or not others or wanted not in map(fold, found.wordings):
            return False
        self._judge([(wanted, other) for other in others], is_same=False)
        return True

    def merge(self, query: str, into: str) -> bool:
        """Make two gaps one from now on; return whether both were there. Raises ActivityUnavailableError."""
        one, other = self.gap(query), self.gap(into)
        if not one or not other or one.query == other.query:
            return False
        self._judge([(fold(a), fold(b)) for a in one.wordings for b in other.wordings], is_same=True)
        return True

    def close(self, query: str, entry_id: str) -> bool:
        """Close a gap if its search, run again, ranks the entry; those who asked will see it. False: it was no gap.

        Raises GapNotClosedError, ActivityUnavailableError.
        """
        found = self.gap(query)
        if found is None:
            return False
        answer = self._library.search.answer(found.wording, filters=filters_of(found.filters), limit=PLACE)
        if answer.confidence == "none" or entry_id not in [hit.entry.id for hit in answer.hits]:
            raise GapNotClosedError(found.wording, PLACE)
        row = found.decided or GapRow(found.query, found.wording, found.filters)
        self._activity.decide(replace(row, state="closed", entry=entry_id), tell=found.askers)
        self._lately = None
        return True

    def _judge(self, pairs: Sequence[tuple[str, str]], *, is_same: bool) -> None:
        self._activity.judge(pairs, is_same=is_same)
        self._lately = None

    def _clustered(self, wordings: Sequence[str]) -> list[int]:
        place = {wording: at for at, wording in enumerate(wordings)}
        judged = {
            (place[one], place[other]): is_same
            for (one, other), is_same in self._activity.judged().items()
            if one in place and other in place
        }
        words = [frozenset(terms(wording)) for wording in wordings]
        return clusters(self._embedded(wordings), words, judged=judged)

    def _embedded(self, wordings: Sequence[str]) -> Vectors:
        """Return a row for each wording; one that was seen before, also by another process, is not embedded again."""
        model = self._library.search.model
        with self._lock:
            if any(wording not in self._vectors for wording in wordings):
                kept = self._activity.meanings(model)
                self._vectors |= {wording: np.frombuffer(vector, np.float32) for wording, vector in kept.items()}
            fresh = [wording for wording in dict.fromkeys(wordings) if wording not in self._vectors]
            for at in range(0, len(fresh), KEPT_AT_ONCE):
                some = fresh[at : at + KEPT_AT_ONCE]
                made = dict(zip(some, self._library.search.embed(some), strict=True))
                self._activity.keep_meanings(model, {wording: row.tobytes() for wording, row in made.items()})
                self._vectors |= made
            rows = [self._vectors[wording] for wording in wordings]
            while len(self._vectors) > MOST_REMEMBERED:
                self._vectors.pop(next(iter(self._vectors)))
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)
