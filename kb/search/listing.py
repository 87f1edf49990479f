"""Searches without words: entries within filters, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from kb.index.catalog import Catalog
from kb.index.entries import newest, sort_dates
from kb.index.filters import count_entries, passing
from kb.index.schema import ENTRIES
from kb.search import facets
from kb.search.answer import Answer
from kb.search.bounds import NO_FILTERS
from kb.search.candidates import Candidate
from kb.search.facets import EntriesWithin
from kb.search.hits import listed
from kb.search.query import SearchRequest
from kb.search.source import Source


def listing(catalog: Catalog, request: SearchRequest, visible: frozenset[str]) -> Answer:
    """List the published entries that match filters of the catalogue."""
    query, filters = request.query, request.filters
    within = passing(filters.values, filters.date_from, filters.date_to, visible)
    page = [] if query.excluded else newest(catalog, within, request.limit, request.offset)
    total = 0 if query.excluded else count_entries(catalog, within)
    everything = count_entries(catalog, passing((), "", "", visible))
    return Answer(
        query=query,
        total=total,
        hits=listed(catalog, page),
        confidence="strong" if total else "none",
        hidden_by_filters=everything - total if filters else 0,
        facets=facets.count_all(catalog, filters, visible),
        took_ms=request.took_ms,
    )


def listing_by_trust(source: Source, request: SearchRequest, within: EntriesWithin) -> Answer:
    """List the entries that match filters the catalogue does not know, such as trust."""
    everything, found = within(NO_FILTERS), frozenset[int]() if request.query.excluded else within(request.filters)
    dates = sort_dates(source.catalog, list(found))
    ordered = sorted(found, key=lambda number: (dates.get(number, ""), number), reverse=True)
    page = ENTRIES.c.number.in_(ordered[request.offset : request.offset + request.limit])
    return Answer(
        query=request.query,
        total=len(found),
        hits=listed(source.catalog, newest(source.catalog, page, request.limit)),
        confidence="strong" if found else "none",
        hidden_by_filters=len(everything) - len(found),
        facets=facets.count_found(source.snapshot, request.filters, found, everything, within),
        took_ms=request.took_ms,
    )


def newest_first(catalog: Catalog, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return candidates sorted by date, newest first."""
    dates = sort_dates(catalog, [candidate.entry for candidate in candidates])
    return sorted(candidates, key=lambda candidate: dates.get(candidate.entry, ""), reverse=True)
