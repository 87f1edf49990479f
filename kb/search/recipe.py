"""The search as a recipe: analyse, keyword candidates, meaning candidates, fuse, adjust within bounds, cut."""

from __future__ import annotations

from kb.index.embedding import Vectors
from kb.index.neighbours import Neighbours
from kb.search import facets, listing
from kb.search.answer import Answer, Confidence
from kb.search.bounds import Bounds
from kb.search.candidates import Found, find, names_in
from kb.search.facets import EntriesWithin
from kb.search.hits import make_hits
from kb.search.lookup import look_up, weigh
from kb.search.meetings import meetings_in, with_decisions, without_meetings
from kb.search.query import SearchRequest
from kb.search.quotes import quotes_for
from kb.search.source import Source


def answer(
    source: Source, request: SearchRequest, vector: Vectors | None, bounds: Bounds, within: EntriesWithin
) -> Answer:
    """Answer a query with its embedding `vector`; by its words alone where it cannot be embedded."""
    query, filters = request.query, request.filters
    by_words, allowed = bounds.by_words(query), within(filters)
    narrowed_to = allowed & by_words if by_words is not None else allowed if filters else None
    scopes = [without_meetings(bounds, scope) for scope in dict.fromkeys((by_words, narrowed_to))]
    keywords = weigh(source, query)
    words = look_up(source, keywords, *scopes)
    named = names_in(source.snapshot, query)
    neighbours = Neighbours(source.snapshot, source.store, vector, source.cache)
    everywhere, *narrowed = [find(source, some, named, neighbours, query.language) for some in words]
    found = narrowed[0] if narrowed else everywhere
    if meetings := meetings_in(bounds, narrowed_to if narrowed else by_words):
        (decided,) = look_up(source, keywords, meetings)
        found = with_decisions(found, find(source, decided, named, neighbours, query.language))
    shown = [candidate.entry for candidate in found.candidates]
    base = [candidate.entry for candidate in everywhere.candidates]
    is_ranked = request.sort == "relevance"
    ordered = found.candidates if is_ranked else listing.newest_first(source.catalog, found.candidates)
    page = ordered[request.offset : request.offset + request.limit]
    return Answer(
        query=query,
        total=len(shown),
        hits=make_hits(source.catalog, query, page, request.explain, neighbours),
        confidence=_by_words(found) if neighbours.by_words else found.confidence,
        hidden_by_filters=len(set(base) - allowed) if filters else 0,
        facets=facets.count_found(source.snapshot, filters, shown, base, within),
        quotes=quotes_for(source, query, keywords, found, neighbours) if request.quote else (),
        took_ms=request.took_ms,
        by_words=neighbours.by_words,
    )


def _by_words(found: Found) -> Confidence:
    """Rate an answer by words alone: nobody knows how near it is, so it is none only where there is nothing."""
    return "partial" if found.candidates and found.confidence == "none" else found.confidence
