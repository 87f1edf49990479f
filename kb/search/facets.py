"""Facet counts: how many hits a filter would leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from kb.choices import CHOICES
from kb.fields import FACETS
from kb.index.catalog import Catalog
from kb.index.filters import facets_totals, passing
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
    totals = _totals(catalog, FACETS, filters, visible)
    for field in (field for field, _ in filters.values if field in totals):
        totals |= _totals(catalog, (field,), filters.without(field), visible)
    return {field: _ordered(field, totals[field], filters) for field in FACETS}


def _totals(
    catalog: Catalog, fields: Sequence[str], filters: Filters, visible: frozenset[str]
) -> dict[str, Counter[str]]:
    totals: dict[str, Counter[str]] = {field: Counter() for field in fields}
    within = passing(filters.values, filters.date_from, filters.date_to, visible)
    for field, value, count in facets_totals(catalog, fields, within):
        totals[field][value] = count
    return totals


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
