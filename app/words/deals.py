"""What values of deals are called for people: agreed words, titles of entries, classes of size."""

from __future__ import annotations

from collections.abc import Iterable

from app.words.catalogue import Texts
from app.words.labels import label
from kb.insight.deals import SIZE_STEPS
from kb.insight.pairs import Suggestion
from kb.insight.similar import SimilarDeals
from kb.library import Library

_ENTRIES = ("content", "campaign", "talk-track")


class ValueNames:
    """Names of values by factor, in one language; titles are looked up once for all."""

    def __init__(self, texts: Texts, library: Library, entry_ids: Iterable[str]) -> None:
        self._texts = texts
        self._library = library
        wanted = list(dict.fromkeys(entry_ids))
        self._entries = library.entries.summaries(wanted)

    @classmethod
    def for_similar(cls, texts: Texts, library: Library, found: SimilarDeals) -> ValueNames:
        """Return the names an answer on similar deals needs."""
        ids = [c.value for c in found.contrasts if c.factor in _ENTRIES]
        ids += [s.value for s in found.suggestions if s.factor in _ENTRIES]
        for pair in found.pairs:
            ids += [value for d in pair.differs if d.factor in _ENTRIES for value in (*d.won, *d.lost)]
        return cls(texts, library, ids)

    def of(self, factor: str, value: str) -> str:
        """Return what a value is called."""
        if factor in _ENTRIES:
            found = self._entries.get(value)
            return found.title if found else value
        if factor == "size":
            return self._size(int(value))
        return label(factor, value, self._texts.locale, self._library.playbook)

    def kind(self, factor: str, value: str) -> str:
        """Return the kind of an entry a value names; the factor itself where it names none."""
        found = self._entries.get(value) if factor in _ENTRIES else None
        return found.kind if found else factor

    def because(self, suggestion: Suggestion, found: SimilarDeals) -> str:
        """Return why something is suggested, as a sentence with its numbers."""
        won, lost = (len(found.by_outcome[name]) for name in ("won", "lost"))
        return self._texts("suggest.because", used=len(suggestion.evidence), won=won, lost=lost)

    def _size(self, place: int) -> str:
        low = SIZE_STEPS[place - 1] if place else 1
        if place == len(SIZE_STEPS):
            return self._texts("size.from", low=self._texts.number(low))
        return self._texts("size.between", low=self._texts.number(low), high=self._texts.number(SIZE_STEPS[place] - 1))
