"""The gap board over a search and an activity database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

import numpy as np

from kb.clock import CLOCK, Clock
from kb.currencies import Worth
from kb.errors import GapNotClosedError
from kb.index.analysis import fold, terms
from kb.index.embedding import Vectors
from kb.loop.activity import Activity, GapRow, Searched
from kb.loop.clusters import clusters, name_of
from kb.loop.gaps import LOOKED_BACK, UNUSED, WHYS, Gap, Why, gaps
from kb.loop.logbook import filters_of
from kb.search.answer import Answer
from kb.search.query import Filters

PLACE = 5  # lowest rank at which an entry closes a gap
CACHED_VECTORS = 5_000  # of wordings
KEPT_AT_ONCE = 100
CACHE_SECONDS = 300.0  # longer than the refresh interval of a server


class Answering(Protocol):
    """The part of a search the board needs."""

    @property
    def model(self) -> str:
        """The checksum of the model: vectors of another one cannot be compared."""

    def answer(self, text: str, *, filters: Filters, limit: int) -> Answer:
        """Answer a query."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per query, as rows."""


class GapBoard:
    """Finds gaps, and closes those whose search is answered. Thread-safe."""

    def __init__(
        self,
        search: Answering,
        activity: Activity,
        open_amounts: Callable[[], Worth] = Worth,
        clock: Clock = CLOCK,
        hides: Callable[[str], bool] = lambda _wording: False,
    ) -> None:
        """`open_amounts` returns the amount at stake in each open deal, by its id; wordings it `hides` are left out."""
        self._hides = hides
        self._search = search
        self._activity = activity
        self._open_amounts = open_amounts
        self._clock = clock
        self._lock = threading.Lock()
        self._vectors: dict[str, Vectors] = {}
        self._cached: tuple[float, list[Gap]] | None = None
        self._last: list[Gap] | None = None

    def gaps(self) -> list[Gap]:
        """Return the open gaps, most urgent first."""
        found = self._failed(WHYS)
        self._cached, self._last = (time.monotonic(), found), found
        return found

    def unused(self) -> list[Gap]:
        """Return the searches that found something nobody opened, copied or called helpful."""
        return self._failed(UNUSED)

    @property
    def last_gaps(self) -> list[Gap] | None:
        """The gaps found last, without looking for new ones; None before the first time."""
        return self._last

    def recent_gaps(self) -> list[Gap]:
        """Return the gaps from a cache of a few minutes; decisions made here invalidate it."""
        known = self._cached
        return known[1] if known and time.monotonic() - known[0] < CACHE_SECONDS else self.gaps()

    def gap(self, query: str) -> Gap | None:
        """Return the open gap of a wording."""
        wanted = fold(query)
        return next((g for g in self.gaps() if wanted == g.query or wanted in map(fold, g.wordings)), None)

    def closed(self) -> list[GapRow]:
        """Return the gaps that were closed."""
        rows = self._activity.gaps().values()
        return [row for row in rows if row.state == "closed" and not self._hides(row.wording)]

    def days_opened(self) -> dict[str, date]:
        """Return the day each entry was last opened from a search."""
        return self._activity.days_opened()

    def decide(self, query: str, *, state: str = "open", owner: str = "", due: str = "") -> bool:
        """Assign or dismiss a gap; return whether it exists. Raises ActivityUnavailableError."""
        found = self.gap(query)
        if found:
            row = found.decided or GapRow(found.query, found.wording, found.filters)
            self._activity.decide(replace(row, state=state, owner=owner, due=due))
            self._cached = None
        return found is not None

    def report(self, search: Searched, needed_by: str) -> None:
        """Note that somebody needs what a search did not find. Raises ActivityUnavailableError."""
        self._activity.searched(search)
        found = self.gap(search.query)
        known = found.decided if found and found.decided else None
        row = known or GapRow(found.query if found else fold(search.query), search.query, search.filters)
        self._activity.decide(replace(row, needed_by=needed_by or row.needed_by))
        self._cached = None

    def split_off(self, query: str, wording: str) -> bool:
        """Split a wording off a gap for good; return whether it was part of it. Raises ActivityUnavailableError."""
        found, wanted = self.gap(query), fold(wording)
        others = {fold(one) for one in found.wordings} - {wanted} if found else set()
        if not found or not others or wanted not in map(fold, found.wordings):
            return False
        self._judge([(wanted, other) for other in others], is_same=False)
        return True

    def merge(self, query: str, into: str) -> bool:
        """Merge two gaps for good; return whether both exist. Raises ActivityUnavailableError."""
        one, other = self.gap(query), self.gap(into)
        if not one or not other or one.query == other.query:
            return False
        self._judge([(fold(a), fold(b)) for a in one.wordings for b in other.wordings], is_same=True)
        return True

    def close(self, query: str, entry_id: str) -> bool:
        """Close a gap if its search now returns the entry, and notify those who asked; False if there is no such gap.

        Raises GapNotClosedError, ActivityUnavailableError.
        """
        found = self.gap(query)
        if found is None:
            return False
        answer = self._search.answer(found.wording, filters=filters_of(found.filters), limit=PLACE)
        if answer.confidence == "none" or entry_id not in [h.entry.id for h in answer.hits if not h.entry.is_meeting]:
            raise GapNotClosedError(found.wording, PLACE)
        row = found.decided or GapRow(found.query, found.wording, found.filters)
        self._activity.decide(replace(row, state="closed", entry=entry_id), notify=found.askers)
        self._cached = None
        return True

    def forget_cached(self) -> None:
        """Look again for gaps: the searches of somebody were deleted."""
        self._cached = self._last = None

    def forget(self, since: str, until: str, entries: Sequence[str]) -> None:
        """Delete the searches and gaps of a time, and what is kept of entries that are gone.

        Raises ActivityUnavailableError.
        """
        self._activity.forget(since, until, entries)
        self._cached = self._last = None

    def _failed(self, whys: Collection[Why]) -> list[Gap]:
        now = self._clock.now()
        since = (now - LOOKED_BACK).isoformat(timespec="seconds")
        return gaps(
            [search for search in self._activity.searches(since) if not self._hides(search.query)],
            set(self._activity.opened_of(since)),
            {query: row for query, row in self._activity.gaps().items() if not self._hides(row.wording)},
            self._clustered,
            lambda wordings: name_of(wordings, self._embedded(wordings)),
            self._open_amounts(),
            now,
            whys,
        )

    def _judge(self, pairs: Sequence[tuple[str, str]], *, is_same: bool) -> None:
        self._activity.judge(pairs, is_same=is_same)
        self._cached = None

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
        """Return a row per wording; vectors are cached here and in the database."""
        model = self._search.model
        with self._lock:
            if any(wording not in self._vectors for wording in wordings):
                kept = self._activity.wording_vectors(model)
                self._vectors |= {wording: np.frombuffer(vector, np.float32) for wording, vector in kept.items()}
            fresh = [wording for wording in dict.fromkeys(wordings) if wording not in self._vectors]
            for at in range(0, len(fresh), KEPT_AT_ONCE):
                some = fresh[at : at + KEPT_AT_ONCE]
                made = dict(zip(some, self._search.embed(some), strict=True))
                self._activity.keep_wording_vectors(model, {wording: row.tobytes() for wording, row in made.items()})
                self._vectors |= made
            rows = [self._vectors[wording] for wording in wordings]
            while len(self._vectors) > CACHED_VECTORS:
                self._vectors.pop(next(iter(self._vectors)))
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)
