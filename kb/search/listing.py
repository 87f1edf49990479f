"""Entries asked for without words: newest first, within filters."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb.index.catalog import Catalog
from kb.index.entries import newest, sort_dates
from kb.index.filters import count_entries, passing
from kb.index.schema import ENTRIES
from kb.search import facets
from kb.search.answer import Answer
from kb.search.bounds import NO_FILTERS
from kb.search.hits import listed
from kb.search.query import Filters, Query
from kb.search.recipe import Candidate
from kb.search.source import Source


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, and since when (`time.perf_counter`)."""

    query: Query
    filters: Filters
    limit: int
    offset: int
    started: float

    @property
    def took_ms(self) -> float:
        """How long it has taken so far."""
        return (time.perf_counter() - self.started) * 1000


def listing(catalog: Catalog, wanted: Wanted, visible: frozenset[str]) -> Answer:
    """List the published entries within filters that the catalogue knows."""
    query, filters = wanted.query, wanted.filters
    within = passing(filters.values, filters.date_from, filters.date_to, visible)
    page = [] if query.excluded else newest(catalog, within, wanted.limit, wanted.offset)
    total = 0 if query.excluded else count_entries(catalog, within)
    everything = count_entries(catalog, passing((), "", "", visible))
    return Answer(
        query=query,
        total=total,
        hits=listed(catalog, page),
        confidence="strong" if total else "none",
        hidden_by_filters=everything - total if filters else 0,
        facets=facets.count_all(catalog, filters, visible),
        took_ms=wanted.took_ms,
    )


def listing_of(source: Source, wanted: Wanted, within: Callable[[Filters], frozenset[int]]) -> Answer:
    """List the entries within filters that only `within` knows, such as trust: it returns their numbers."""
    everything, found = within(NO_FILTERS), frozenset[int]() if wanted.query.excluded else within(wanted.filters)
    dates = sort_dates(source.catalog, list(found))
    ordered = sorted(found, key=lambda number: (dates[number], number), reverse=True)
    page = ENTRIES.c.number.in_(ordered[wanted.offset : wanted.offset + wanted.limit])
    return Answer(
        query=wanted.query,
        total=len(found),
        hits=listed(source.catalog, newest(source.catalog, page, wanted.limit)),
        confidence="strong" if found else "none",
        hidden_by_filters=len(everything) - len(found),
        facets=facets.count_found(source.snapshot, wanted.filters, found, everything, within),
        took_ms=wanted.took_ms,
    )


def newest_first(catalog: Catalog, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return what was found in the order of its dates, the newest first."""
    dates = sort_dates(catalog, [candidate.entry for candidate in candidates])
    return sorted(candidates, key=lambda candidate: dates.get(candidate.entry, ""), reverse=True)
