"""Take down what is searched and what is opened from it, without names."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from fastapi import Request, Response

from kb.loop.activity import Activity, Searched
from kb.search.answer import Answer
from kb.search.query import Filters

COOKIE = "asker"
A_YEAR = 365 * 24 * 60 * 60  # seconds
TYPING_SECONDS = 12.0  # within which a longer or shorter wording is still the same search
OPENING_SECONDS = 1_800.0  # within which an entry that is opened was found by the last search
MOST_ASKERS = 5_000
PROGRAM = "api"


@dataclass(frozen=True, slots=True)
class _Last:
    """The last search of somebody."""

    id: str
    at: float  # monotonic
    text: str
    entries: frozenset[str]


class Logbook:
    """Writes searches into the activity database; knows the last one of everybody. Safe from any thread."""

    def __init__(self, activity: Activity, team: str = "") -> None:
        """`team` is the only one the server is for, where it is for one."""
        self._activity = activity
        self._team = team
        self._lock = threading.Lock()
        self._last: OrderedDict[str, _Last] = OrderedDict()

    def search(self, answer: Answer, filters: Filters, asker: str, language: str, deal: str = "") -> str:
        """Take down a search with words; return its id, empty when there was nothing to take down."""
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
        """Take down that an entry was opened, where the last search of the same person found it."""
        if asker in self._last:
            self._activity.seen(asker, entry)
        last = self._last.get(asker)
        if last and entry in last.entries and time.monotonic() - last.at < OPENING_SECONDS:
            self._activity.opened(last.id, entry)

    def used(self, asker: str, entry: str, deal: str) -> None:
        """Take down that an entry was used in a deal, where the last search of the same person found it."""
        last = self._last.get(asker)
        if last and entry in last.entries:
            self._activity.used(last.id, entry, deal)

    def _remember(self, asker: str, last: _Last) -> None:
        with self._lock:
            self._last[asker] = last
            self._last.move_to_end(asker)
            while len(self._last) > MOST_ASKERS:
                self._last.popitem(last=False)


def asker_of(request: Request) -> str:
    """Return the random number of a browser; a new one where it has none."""
    known = request.cookies.get(COOKIE, "")
    if len(known) == 16 and known.isalnum():
        return known
    made: str = getattr(request.state, "asker", "") or secrets.token_hex(8)
    request.state.asker = made
    return made


def remember_asker(request: Request, response: Response) -> None:
    """Give a browser its number."""
    if request.cookies.get(COOKIE) != asker_of(request):
        response.set_cookie(COOKIE, asker_of(request), max_age=A_YEAR, samesite="lax", httponly=True, path="/")


def filters_text(filters: Filters) -> str:
    """Return filters as JSON, as the activity database keeps them."""
    parts: list[object] = [[list(pair) for pair in filters.values], filters.date_from, filters.date_to]
    parts += [list(filters.trust)] if filters.trust else []
    return json.dumps(parts, ensure_ascii=False)


def filters_of(text: str) -> Filters:
    """Read what `filters_text` wrote; no filters where it is something else."""
    try:
        values, date_from, date_to, *rest = json.loads(text)
        trust = tuple(rest[0]) if rest else ()
        return Filters(tuple((facet, tuple(some)) for facet, some in values), date_from, date_to, trust)
    except (ValueError, TypeError):
        return Filters()


def _is_same(before: _Last, text: str) -> bool:
    near = time.monotonic() - before.at < TYPING_SECONDS
    return near and (text.startswith(before.text) or before.text.startswith(text))
