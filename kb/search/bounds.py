"""The entries a search may return: filters, visibility, exact phrases and excluded words."""

from __future__ import annotations

from dataclasses import replace

from kb.choices import CHOICES
from kb.errors import BadFilterError
from kb.fields import FILTERS
from kb.index import analysis
from kb.index.catalog import Catalog
from kb.index.entries import numbered_entries
from kb.index.filters import count_entries, entry_numbers, passing
from kb.index.verbatim import entries_with_text, entries_with_texts
from kb.playbook import Playbook
from kb.search.query import Filters, Query
from kb.wording import say

CACHED_FILTERS = 64
COUNTED_FILTERS = 1_024
MOST_LOOKED_UP = (
    4  # phrases of a query by their words; more of them are looked for in all passages, which are read once
)
NO_FILTERS = Filters()


class Bounds:
    """Entry numbers by filters, cached for one state of the index."""

    def __init__(self, catalog: Catalog, visible: frozenset[str]) -> None:
        self._catalog = catalog
        self._visible = visible
        self._known: dict[Filters, frozenset[int]] = {}
        self._counts: dict[Filters, int] = {}
        self._meetings: frozenset[int] | None = None

    def count(self, filters: Filters) -> int:
        """Return how many entries match the filters except trust; a page offers the same few to many questions."""
        known = self._counts.get(filters)
        if known is None:
            condition = passing(filters.values, filters.date_from, filters.date_to, self._visible)
            if len(self._counts) >= COUNTED_FILTERS:
                self._counts.clear()
            known = self._counts[filters] = count_entries(self._catalog, condition)
        return known

    def within(self, filters: Filters) -> frozenset[int]:
        """Return the entries that match the filters except trust."""
        known = self._known.get(filters)
        if known is None:
            condition = passing(filters.values, filters.date_from, filters.date_to, self._visible)
            known = self._known[filters] = frozenset(entry_numbers(self._catalog, condition))
            while len(self._known) > CACHED_FILTERS:
                self._known.pop(next(iter(self._known)), None)
        return known

    def meetings(self) -> frozenset[int]:
        """Return the published notes of meetings."""
        if self._meetings is None:
            notes = numbered_entries(self._catalog, "note", self._visible)
            self._meetings = frozenset(number for number, note in notes if note.is_meeting)
        return self._meetings

    def by_words(self, query: Query) -> frozenset[int] | None:
        """Return the entries with all exact phrases and no excluded words; None if the query has neither."""
        if not query.phrases and not query.excluded:
            return None
        kept = self.within(NO_FILTERS)
        looked_for = list(dict.fromkeys(query.phrases))  # in all passages
        for phrase in looked_for[:MOST_LOOKED_UP]:
            if terms := analysis.terms(phrase):
                kept &= entries_with_text(self._catalog, phrase, terms)
                looked_for.remove(phrase)
        if not kept or not (looked_for or query.excluded):
            return kept
        holding = entries_with_texts(self._catalog, (*looked_for, *query.excluded), kept)
        kept = kept.intersection(*(holding[phrase] for phrase in looked_for))
        return kept.difference(*(holding[word] for word in query.excluded))


def with_playbook_keys(filters: Filters, playbook: Playbook) -> Filters:
    """Return filters with playbook keys as values. Raises BadFilterError for unknown filters and values."""
    values = []
    for facet, wanted in filters.values:
        if facet not in FILTERS:
            raise BadFilterError(
                say("Unknown filter '{facet}'; use one of {choices}.", facet=facet, choices=", ".join(FILTERS))
            )
        fixed, words = CHOICES.get(facet), playbook.vocabulary(facet)
        for value in wanted:
            if fixed and value not in fixed.keys:
                choices = ", ".join(fixed.keys)
                raise BadFilterError(
                    say(
                        "'{value}' is not a valid {facet}; use one of {choices}.",
                        value=value,
                        facet=facet,
                        choices=choices,
                    )
                )
        terms = [words.find(value) for value in wanted]
        values.append((facet, tuple(t.key if t else v for t, v in zip(terms, wanted, strict=True))))
    return replace(filters, values=tuple(pair for pair in values if pair[1]))
