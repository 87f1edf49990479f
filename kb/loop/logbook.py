"""Log searches and the entries opened from them, anonymously."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from kb.loop.activity import Activity, Searched
from kb.loop.gaps import PROGRAM
from kb.search.answer import Answer
from kb.search.query import Filters

TYPING_SECONDS = 12.0  # in which a longer or shorter wording still is the same search
OPENING_SECONDS = 1_800.0  # in which an opened entry is attributed to the last search
MOST_ASKERS = 5_000
MOST_RECENT = 5  # searches a person may still use hits of, as in several tabs
HOWS = ("page", "passage", "copied", "helpful")  # the ways to use a hit


@dataclass(frozen=True, slots=True)
class _Last:
    """A recent search of a person."""

    id: str
    at: float  # monotonic
    text: str
    entries: frozenset[str]


class Logbook:
    """Logs searches to the activity database; remembers each person's last ones. Thread-safe."""

    def __init__(self, activity: Activity, team: str = "") -> None:
        """`team` is the team of the server, if it serves a single one."""
        self._activity = activity
        self._team = team
        self._lock = threading.Lock()
        self._recent: OrderedDict[str, tuple[_Last, ...]] = OrderedDict()  # newest first

    def search(self, answer: Answer, filters: Filters, asker: str, language: str, deal: str = "") -> str:
        """Log a search with words; return its id, empty if there was nothing to log.

        What was not found by words alone may be there: that is no gap.
        """
        text = answer.query.text.strip()
        if answer.query.is_empty or (answer.by_words and not answer.hits):
            return ""
        recent = self._known(asker)
        before = next(iter(recent), None)
        typed_on = before is not None and asker != PROGRAM and _is_same(before, text)
        number = secrets.token_hex(8)
        found = frozenset(hit.entry.id for hit in answer.hits)
        last = _Last(number, time.monotonic(), text, found)

        def added(known: tuple[_Last, ...]) -> tuple[_Last, ...]:
            kept = (one for one in known if not (typed_on and before and one.id == before.id))
            return (last, *kept)[:MOST_RECENT]

        self._remember(asker, recent, added)
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

    def shown(self, asker: str, text: str, entries: Iterable[str]) -> None:
        """Remember more entries shown for a search, so that their use is attributed to it."""
        more = frozenset(entries)

        def widened(known: tuple[_Last, ...]) -> tuple[_Last, ...]:
            return tuple(replace(one, entries=one.entries | more) if one.text == text.strip() else one for one in known)

        if more and (recent := self._known(asker)):
            self._remember(asker, recent, widened)

    def opened(self, asker: str, entry: str, how: str = "page") -> None:
        """Log the use of an entry, if a recent search of the person returned it."""
        if self._known(asker):
            self._activity.seen((asker,), entry)
        found = self._search_with(asker, entry)
        if found and time.monotonic() - found.at < OPENING_SECONDS:
            self._activity.opened(found.id, entry, how)

    def used(self, asker: str, entry: str, deal: str) -> None:
        """Log that an entry was used in a deal, if a recent search of the person returned it."""
        if found := self._search_with(asker, entry):
            self._activity.used(found.id, entry, deal)

    def _search_with(self, asker: str, entry: str) -> _Last | None:
        return next((one for one in self._known(asker) if entry in one.entries), None)

    def _known(self, asker: str) -> tuple[_Last, ...]:
        """Return the recent searches of a person, newest first, whichever process answered them."""
        shared = self._activity.recent
        found = shared.of(asker) if shared and asker != PROGRAM else None
        if found is None:
            return self._recent.get(asker, ())
        ahead = self._activity.now().timestamp() - time.monotonic()
        return tuple(_Last(number, at - ahead, text, frozenset(some)) for number, at, text, some in found)

    def _remember(
        self, asker: str, known: tuple[_Last, ...], change: Callable[[tuple[_Last, ...]], tuple[_Last, ...]]
    ) -> None:
        """Change what is remembered of a person: here, and for other processes what is `known` there."""
        with self._lock:
            self._recent[asker] = change(self._recent.get(asker, ()))
            self._recent.move_to_end(asker)
            while len(self._recent) > MOST_ASKERS:
                self._recent.popitem(last=False)
        if (shared := self._activity.recent) and asker != PROGRAM:
            ahead = self._activity.now().timestamp() - time.monotonic()
            shared.put(asker, [(one.id, one.at + ahead, one.text, sorted(one.entries)) for one in change(known)])


class ClosedLogbook(Logbook):
    """Logs nothing: for cross-site requests."""

    def search(self, answer: Answer, filters: Filters, asker: str, language: str, deal: str = "") -> str:
        """Log nothing."""
        return ""

    def opened(self, asker: str, entry: str, how: str = "page") -> None:
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
    except (ValueError, TypeError, RecursionError):
        return Filters()


def _is_same(before: _Last, text: str) -> bool:
    near = time.monotonic() - before.at < TYPING_SECONDS
    return near and (text.startswith(before.text) or before.text.startswith(text))
