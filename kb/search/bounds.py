"""Which entries may be found: filters, visibility, exact phrases and excluded words."""

from __future__ import annotations

from dataclasses import replace

from kb.choices import CHOICES
from kb.errors import BadFilterError
from kb.fields import FILTERS
from kb.index.catalog import Catalog
from kb.index.filters import entry_numbers, passing
from kb.index.keywords import entries_with_text
from kb.playbook import Playbook
from kb.search.query import Filters, Query, parse_query
from kb.wording import say

REMEMBERED = 64  # filters
NO_FILTERS = Filters()


class Bounds:
    """Entry numbers by filters, for one state of the index."""

    def __init__(self, catalog: Catalog, visible: frozenset[str]) -> None:
        self._catalog = catalog
        self._visible = visible
        self._known: dict[Filters, frozenset[int]] = {}

    def within(self, filters: Filters) -> frozenset[int]:
        """Return the entries that pass filters but for trust; a page turn or the next keystroke asks the same again."""
        known = self._known.get(filters)
        if known is None:
            condition = passing(filters.values, filters.date_from, filters.date_to, self._visible)
            known = self._known[filters] = frozenset(entry_numbers(self._catalog, condition))
            while len(self._known) > REMEMBERED:
                self._known.pop(next(iter(self._known)), None)
        return known

    def by_words(self, query: Query) -> frozenset[int] | None:
        """Return the entries that hold every exact phrase and nothing excluded; None where nothing is asked of them."""
        if not query.phrases and not query.excluded:
            return None
        kept = self.within(NO_FILTERS)
        for phrase in query.phrases:
            terms = parse_query(phrase.replace('"', "")).terms
            kept &= entries_with_text(self._catalog, phrase, terms)
        for word in query.excluded:
            kept -= entries_with_text(self._catalog, word, ())
        return kept


def agreed(filters: Filters, playbook: Playbook) -> Filters:
    """Return filters in the words of the playbook; raise BadFilterError on a value no entry can have."""
    values = []
    for facet, wanted in filters.values:
        if facet not in FILTERS:
            raise BadFilterError(
                say("There is no filter '{facet}'; use one of {choices}.", facet=facet, choices=", ".join(FILTERS))
            )
        fixed, words = CHOICES.get(facet), playbook.vocabulary(facet)
        for value in wanted:
            if fixed and value not in fixed.keys:
                raise BadFilterError(
                    say(
                        "'{value}' is no {facet}; use one of {choices}.",
                        value=value,
                        facet=facet,
                        choices=", ".join(fixed.keys),
                    )
                )
        terms = [words.find(value) for value in wanted]
        values.append((facet, tuple(t.key if t else v for t, v in zip(terms, wanted, strict=True))))
    return replace(filters, values=tuple(pair for pair in values if pair[1]))
