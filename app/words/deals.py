"""Labels for values of deals: agreed words, titles of entries, size classes."""

from __future__ import annotations

from collections.abc import Iterable

from app.words.reader import Reader
from kb.choices import CHOICES
from kb.fields import BY_NAME
from kb.insight.correction import CorrectedRate
from kb.insight.deals import SIZE_STEPS
from kb.insight.pairs import Suggestion
from kb.insight.similar import SimilarDeals
from kb.library import Library

_ENTRIES = ("content", "campaign", "talk-track")
_FIELDS = {"reason": "reasons", "content": "used"}  # counted under another name than the field's


def dimension_name(name: str, reader: Reader) -> str:
    """Return the label of a factor: a field, a kind of entry or a part of the text."""
    field = _FIELDS.get(name, name)
    if field in BY_NAME:
        return reader.field(field)
    return reader.label("kind", name) if CHOICES["kind"].find(name) else reader(f"part.{name}")


def corrected_words(rate: CorrectedRate | None, reader: Reader) -> str:
    """Return the win rate with the deals nobody wrote down, and what that assumes; empty without totals."""
    if rate is None:
        return ""
    return reader("corrected.base", **{name: round(getattr(rate, name) * 100) for name in ("mean", "low", "high")})


class ValueNames:
    """Labels of values by factor, in one language; titles are looked up once."""

    def __init__(self, reader: Reader, library: Library, entry_ids: Iterable[str]) -> None:
        self._reader = reader
        self._library = library
        ids = list(dict.fromkeys(entry_ids))
        self._entries = library.entries.summaries(ids)

    @classmethod
    def for_similar(cls, reader: Reader, library: Library, found: SimilarDeals) -> ValueNames:
        """Return the labels for similar deals."""
        ids = [c.value for c in found.contrasts if c.factor in _ENTRIES]
        ids += [s.value for s in found.suggestions if s.factor in _ENTRIES]
        for pair in found.pairs:
            ids += [value for d in pair.differs if d.factor in _ENTRIES for value in (*d.won, *d.lost)]
        return cls(reader, library, ids)

    def of(self, factor: str, value: str) -> str:
        """Return the label of a value."""
        if factor in _ENTRIES:
            found = self._entries.get(value)
            return found.title if found else value
        if factor == "size":
            return self._size(int(value))
        return self._reader.label(factor, value)

    def kind(self, factor: str, value: str) -> str:
        """Return the kind of the entry a value names; the factor itself if none."""
        found = self._entries.get(value) if factor in _ENTRIES else None
        return found.kind if found else factor

    def because(self, suggestion: Suggestion, found: SimilarDeals) -> str:
        """Return why something is suggested, as a sentence with its numbers."""
        won, lost = found.compared
        return self._reader("suggest.because", used=len(suggestion.evidence), won=won, lost=lost)

    def _size(self, place: int) -> str:
        low = SIZE_STEPS[place - 1] if place else 1
        if place == len(SIZE_STEPS):
            return self._reader("size.from", low=self._reader.number(low))
        return self._reader(
            "size.between", low=self._reader.number(low), high=self._reader.number(SIZE_STEPS[place] - 1)
        )
