"""Example questions of the start page: about what the entries hold, each tried before it is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, zip_longest

from app.words.catalogue import LOCALES
from app.words.reader import Reader
from kb.clock import Clock
from kb.entry import Entry
from kb.library import Library
from kb.search.query import Filters

SHOWN = 6
MOST_TRIED = 40  # questions a language, each a search
MOST_READ = 60  # newest entries of a kind
LONGEST = {"ja": 28, "en": 60}  # characters of a question that fits on a chip
SHORTEST = 4
TOLD = ("won", "lost")  # outcomes one asks the reason of
REMARKS = ("(", "（")  # no words of a customer: (返信がない)
COMMON = ("price", "silence", "excel", "security")  # of every sales team, where the base answers them


class Examples:
    """The example questions of each language, chosen again after the index has changed. Thread-safe."""

    def __init__(self, library: Library, clock: Clock) -> None:
        self._library = library
        self._clock = clock
        self._chosen: Mapping[str, tuple[str, ...]] = {}
        self._generation = ""
        self._lock = threading.Lock()

    def of(self, reader: Reader) -> tuple[str, ...]:
        """Return the questions in the reader's language; none until `choose` has found some."""
        return self._chosen.get(reader.locale, ())

    def choose(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Choose the questions of both languages, if the index has changed since."""
        with self._lock:
            state = self._library.state()
            if not state.ready or state.generation == self._generation:
                return
            chosen: dict[str, tuple[str, ...]] = {}
            for locale in LOCALES:
                reader = Reader.of(locale, self._library.playbook, self._clock)
                chosen[locale] = tuple(self._strong(reader, is_over))
                if is_over():
                    return
            self._chosen, self._generation = chosen, state.generation

    def _strong(self, reader: Reader, is_over: Callable[[], bool]) -> list[str]:
        """Return questions with a strong answer in their own language, those shown before first."""
        found: dict[str, str] = {}  # question → its first hit: no two questions for one entry
        candidates = dict.fromkeys(chain(self.of(reader), self._candidates(reader)))
        for question in list(candidates)[:MOST_TRIED]:
            if len(found) == SHOWN or is_over():
                break
            answer = self._library.search.answer(question, limit=1)
            first = answer.hits[0].entry if answer.hits else None
            if (
                answer.confidence == "strong"
                and first
                and first.language == reader.locale
                and first.id not in found.values()
            ):
                found[question] = first.id
        return list(found)

    def _candidates(self, reader: Reader) -> Iterator[str]:
        """Yield questions as people ask them, one of each source in turn; a title is none."""
        words = {name: reader.playbook.vocabulary(name).terms for name in ("competitor", "angle")}
        tracks, deals = self._newest("talk-track", reader), self._newest("deal", reader)
        sources = (
            [reader(f"example.{name}") for name in COMMON],
            [entry.talk_track.objection for entry in tracks if entry.talk_track],
            [reader("example.competitor", name=term.label(reader.locale)) for term in words["competitor"]],
            [
                reader(f"example.{entry.outcome}", name=entry.deal.customer)
                for entry in deals
                if entry.deal and entry.deal.customer and entry.outcome in TOLD
            ],
            [reader("example.angle", name=term.label(reader.locale)) for term in words["angle"]],
        )
        for question in filter(None, chain.from_iterable(zip_longest(*sources))):
            text = " ".join(str(question).strip('「」"“” ').split())
            if SHORTEST <= len(text) <= LONGEST[reader.locale] and not text.startswith(REMARKS):
                yield text

    def _newest(self, kind: str, reader: Reader) -> list[Entry]:
        within = Filters((("kind", (kind,)), ("language", (reader.locale,))))
        ids = [title.id for title in self._library.entries.titles(within, MOST_READ)]
        return list(self._library.entries.published(ids).values())
