"""Facet counts: how many hits a filter would leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from kb.choices import CHOICES
from kb.fields import FACETS
from kb.index.catalog import Catalog
from kb.index.filters import facet_totals, passing
from kb.index.snapshot import Snapshot
from kb.search.answer import FacetCount
from kb.search.query import Filters

MOST_VALUES = 20  # per facet

Facets = Mapping[str, tuple[FacetCount, ...]]
EntriesWithin = Callable[[Filters], frozenset[int]]


def count_found(
    snapshot: Snapshot, filters: Filters, shown: Iterable[int], unfiltered: Iterable[int], within: EntriesWithin
) -> Facets:
    """Count the entries found; a filtered facet counts what its other values would return."""
    counted, base = set(shown), set(unfiltered)
    totals = _counted(snapshot, counted)
    for field in (field for field, _ in filters.values if field in totals):
        totals[field] = _counted(snapshot, counted | (base & within(filters.without(field))))[field]
    return {field: _ordered(field, totals[field], filters) for field in FACETS}


def count_all(catalog: Catalog, filters: Filters, visible: frozenset[str]) -> Facets:
    """Count all entries within the filters, for a search without words."""
    facets = {}
    for field in FACETS:
        others = filters.without(field)
        condition = passing(others.values, others.date_from, others.date_to, visible)
        facets[field] = _ordered(field, Counter(dict(facet_totals(catalog, field, condition))), filters)
    return facets


def _counted(snapshot: Snapshot, entries: Iterable[int]) -> dict[str, Counter[str]]:
    totals: dict[str, Counter[str]] = {field: Counter() for field in FACETS}
    for entry in entries:
        for field, value in snapshot.facets.get(entry, ()):
            totals[field][value] += 1
    return totals


def _ordered(field: str, counts: Counter[str], filters: Filters) -> tuple[FacetCount, ...]:
    """Fixed values in their usual order, others by count; a selected value is listed even at zero."""
    for value in dict(filters.values).get(field, ()):
        counts.setdefault(value, 0)
    if fixed := CHOICES.get(field):
        return tuple(FacetCount(value, counts[value]) for value in fixed.keys if value in counts)
    chosen = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]
    return tuple(FacetCount(value, count) for value, count in chosen)
