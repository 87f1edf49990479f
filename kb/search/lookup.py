"""Keyword retrieval for a query; needs no embedding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.index.keywords import few_matches, keyword_matches, term_counts
from kb.index.neighbours import OVERFETCH
from kb.index.snapshot import Snapshot
from kb.search import ranking
from kb.search.query import Query
from kb.search.source import Source

DEPTH = 100  # candidates per retrieval; 200 gives the same quality, 30 a lower one
SMALL_BASE = 2_000  # passages up to which every word is looked up, with Lucene's idf
COMMON_SHARE = 0.2  # beyond, words in more passages are expensive and add little next to a rarer word

Scope = frozenset[int] | None  # entry numbers; None for all
Flags = NDArray[np.bool_]
Matches = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Keywords:
    """The terms of a query that the keyword index contains."""

    counts: dict[str, int]  # of the terms worth looking up: passages with it
    mass: float  # summed idf of all its terms, unknown ones included


@dataclass(frozen=True, slots=True)
class LookUp:
    """The keyword matches within a scope."""

    entries: Scope
    allowed: Flags | None  # the scope, one flag per chunk
    by_chunk: dict[int, float]  # BM25 of the best passages
    mass: float


def weigh(source: Source, query: Query) -> Keywords:
    """Return the terms of a query worth looking up, and its idf mass."""
    counts, total = term_counts(source.catalog, query.terms), len(source.snapshot.numbers)
    mass = sum(ranking.idf(counts.get(term, 0), total) for term in query.terms)
    known = tuple(term for term in query.terms if counts.get(term))
    rare = tuple(term for term in known if counts[term] <= total * COMMON_SHARE)
    chosen = rare if rare and total > SMALL_BASE else known
    return Keywords({term: counts[term] for term in chosen}, mass)


def look_up(source: Source, keywords: Keywords, *scopes: Scope) -> tuple[LookUp, ...]:
    """Look up the terms once, and return the matches within each scope."""
    flags = [_flags(source.snapshot, entries) for entries in scopes]
    total = len(source.snapshot.numbers)
    limit = max((_depth(some, total) for some in flags), default=0)
    matches = _matches(source, keywords, limit)
    if len(matches) == limit and any(_is_short(source, matches, some) for some in flags):
        matches = _matches(source, keywords, total + 1)
    return tuple(
        LookUp(entries, allowed, _best(source, matches, allowed), keywords.mass)
        for entries, allowed in zip(scopes, flags, strict=True)
    )


def _matches(source: Source, keywords: Keywords, limit: int) -> Matches:
    total = len(source.snapshot.numbers)
    if total > SMALL_BASE:
        return keyword_matches(source.catalog, tuple(keywords.counts), limit)
    idf_of = {term: ranking.idf(count, total) for term, count in keywords.counts.items()}
    return few_matches(source.catalog, idf_of, keywords.counts, limit)


def _flags(snapshot: Snapshot, entries: Scope) -> Flags | None:
    if entries is None:
        return None
    size = int(snapshot.entries.max(initial=0)) + 1
    flags = np.zeros(size, np.bool_)
    flags[[number for number in entries if number < size]] = True
    return flags[snapshot.entries]


def _depth(allowed: Flags | None, total: int) -> int:
    """Return how many matches to fetch so that enough are in scope."""
    if allowed is None:
        return DEPTH
    share = max(float(allowed.mean()) if len(allowed) else 0.0, 1e-9)
    return min(int(DEPTH / share * OVERFETCH) + 1, total + 1)


def _is_short(source: Source, matches: Matches, allowed: Flags | None) -> bool:
    """Whether the scope filtered more matches than expected."""
    return allowed is not None and len(_best(source, matches, allowed)) < DEPTH


def _best(source: Source, matches: Matches, allowed: Flags | None) -> dict[int, float]:
    """Return BM25 by chunk of the best matches in scope."""
    scores = dict(matches)
    chunks = source.snapshot.places(list(scores))
    kept = (chunks if allowed is None else chunks[allowed[chunks]])[:DEPTH]
    return {int(chunk): scores[int(source.snapshot.numbers[chunk])] for chunk in kept}
