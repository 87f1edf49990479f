"""Log searches and the entries opened from them, anonymously."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from kb.loop.activity import Activity, Searched
from kb.loop.gaps import PROGRAM
from kb.search.answer import Answer
from kb.search.query import Filters

TYPING_SECONDS = 12.0  # in which a longer or shorter wording still is the same search
OPENING_SECONDS = 1_800.0  # in which an opened entry is attributed to the last search
MOST_ASKERS = 5_000


@dataclass(frozen=True, slots=True)
class _Last:
    """The last search of a person."""

    id: str
    at: float  # monotonic
    text: str
    entries: frozenset[str]


class Logbook:
    """Logs searches to the activity database; remembers each person's last one. Thread-safe."""

    def __init__(self, activity: Activity, team: str = "") -> None:
        """`team` is the team of the server, if it serves a single one."""
        self._activity = activity
        self._team = team
        self._lock = threading.Lock()
        self._last: OrderedDict[str, _Last] = OrderedDict()

    def search(self, answer: Answer, filters: Filters, asker: str, language: str, deal: str = "") -> str:
        """Log a search with words; return its id, empty if there was nothing to log."""
        text = answer.query.text.strip()
        if not text:
            return ""
        before = self._last.get(asker)
        typed_on = before is not None and asker != PROGRAM and _is_same(before, text)
        number = secrets.token_hex(8)
        self._remember(asker, _Last(number, time.monotonic(), text, frozenset(hit.entry.id for hit in answer.hits)))
        self._activity.searched(
            Searched(
                id=number,
                at=self._activity.stamp(),
                query=text,
                language=language,
                team=self._team,
                filters=filters_text(filters),
                confidence=answer.confidence,
                total=answer.total,
                hidden=answer.hidden_by_filters,
                asker=asker,
                deal=deal,
            ),
            replaces=before.id if before and typed_on else "",
        )
        return number

    def opened(self, asker: str, entry: str) -> None:
        """Log that an entry was opened, if the person's last search returned it."""
        if asker in self._last:
            self._activity.seen(asker, entry)
        last = self._last.get(asker)
        if last and entry in last.entries and time.monotonic() - last.at < OPENING_SECONDS:
            self._activity.opened(last.id, entry)

    def used(self, asker: str, entry: str, deal: str) -> None:
        """Log that an entry was used in a deal, if the person's last search returned it."""
        last = self._last.get(asker)
        if last and entry in last.entries:
            self._activity.used(last.id, entry, deal)

    def _remember(self, asker: str, last: _Last) -> None:
        with self._lock:
            self._last[asker] = last
            self._last.move_to_end(asker)
            while len(self._last) > MOST_ASKERS:
                self._last.popitem(last=False)


class ClosedLogbook(Logbook):
    """Logs nothing: for cross-site requests."""

    def search(self, answer: Answer, filters: Filters, asker: str, language: str, deal: str = "") -> str:
        """Log nothing."""
        return ""

    def opened(self, asker: str, entry: str) -> None:
        """Log nothing."""


def filters_text(filters: Filters) -> str:
    """Return filters as JSON, as stored in the activity database."""
    parts: list[object] = [[list(pair) for pair in filters.values], filters.date_from, filters.date_to]
    parts += [list(filters.trust)] if filters.trust else []
    return json.dumps(parts, ensure_ascii=False)


def filters_of(text: str) -> Filters:
    """Parse the output of `filters_text`; no filters if it is something else."""
    try:
        values, date_from, date_to, *rest = json.loads(text)
        trust = tuple(rest[0]) if rest else ()
        return Filters(tuple((facet, tuple(some)) for facet, some in values), date_from, date_to, trust)
    except (ValueError, TypeError):
        return Filters()


def _is_same(before: _Last, text: str) -> bool:
    near = time.monotonic() - before.at < TYPING_SECONDS
    return near and (text.startswith(before.text) or before.text.startswith(text))
