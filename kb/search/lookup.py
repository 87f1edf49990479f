"""Keyword retrieval for a query; needs no embedding."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.index.keywords import Matches, Weighed
from kb.index.neighbours import OVERFETCH
from kb.index.snapshot import Snapshot
from kb.search import ranking
from kb.search.query import Query, Synonyms
from kb.search.source import Source

DEPTH = 100  # candidates per retrieval; 200 gives the same quality, 30 a lower one
SMALL_BASE = 2_000  # passages up to which every word is looked up
NARROW = 0.05  # share of the passages; at 100,000 a list of 5,000 numbers is read in 2 ms
CHEAP = 2_000  # passages of another spelling, looked up in about 5 ms
COMMON_SHARE = 0.2  # beyond, words in more passages are expensive and add little next to a rarer word

Scope = frozenset[int] | None  # entry numbers; None for all
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Keywords:
    """The words of a query."""

    words: tuple[Weighed, ...]  # those worth looking up, with Lucene's idf
    mass: float  # summed idf of all words, unknown ones included
    rarities: tuple[tuple[tuple[tuple[str, ...], ...], float], ...] = ()  # each word by its spellings, with its idf

    def share_in(self, terms: Collection[str]) -> float:
        """Return the share of the idf mass that some terms have; 0 where no word has any."""
        held = sum(idf for spellings, idf in self.rarities if any(all(t in terms for t in s) for s in spellings))
        return held / self.mass if self.mass else 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """A word with several spellings."""

    weighed: Weighed
    mass: float  # idf
    all: tuple[tuple[str, ...], ...]  # its spellings as terms


@dataclass(frozen=True, slots=True)
class LookUp:
    """The keyword matches within a scope."""

    entries: Scope
    allowed: Flags | None  # the scope, one flag per chunk
    by_chunk: dict[int, float]  # BM25 of the best passages
    mass: float


def weigh(source: Source, query: Query) -> Keywords:
    """Return the terms of a query worth looking up, and its idf mass."""
    counts, total = source.catalog.keywords.counts(query.highlighted), len(source.snapshot.numbers)
    groups = {some.terms: group for some in query.synonyms if (group := _group(some, counts, total))}
    grouped = {term for terms in groups for term in terms}
    single = tuple(term for term in query.terms if term not in grouped)
    mass = sum(ranking.idf(counts.get(term, 0), total) for term in single) + sum(
        group.mass for group in groups.values()
    )
    known = tuple(term for term in single if counts.get(term))
    rare = tuple(term for term in known if counts[term] <= total * COMMON_SHARE)
    kept = rare if (rare or groups) and total > SMALL_BASE else known
    words = (((((term,), ranking.idf(counts[term], total)),),) for term in kept)
    return Keywords(
        words=(*words, *(group.weighed for group in groups.values())),
        mass=mass,
        rarities=(
            *((((term,),), ranking.idf(counts.get(term, 0), total)) for term in single),
            *((group.all, group.mass) for group in groups.values()),
        ),
    )


def _group(synonyms: Synonyms, counts: Mapping[str, int], total: int) -> Group | None:
    """Return the spellings of some words with the idf mass all of them have; None if there is no other spelling.

    A passage is scored as if it had the spelling asked for; a rarer spelling tells no more than the usual one.
    """
    asked = synonyms.terms
    found = min(counts.get(term, 0) for term in asked)
    most = total * COMMON_SHARE if total > SMALL_BASE else total
    others = {spelling: min(counts.get(term, 0) for term in spelling) for spelling in synonyms.spellings}
    # Where the word asked for is as frequent, the other spelling is that of the same labels and finds nothing new.
    others = {s: n for s, n in others.items() if 0 < n <= most and (n <= CHEAP or n > 2 * found)}
    if not others or found > most:
        return None
    mass = sum(ranking.idf(counts.get(term, 0), total) for term in asked)
    if len(asked) == 1 or not all(counts.get(term) for term in asked):
        # Labels are indexed in every spelling, so the passages of one are mostly those of the others.
        mass = min(mass, ranking.idf(max(*others.values(), *(counts.get(term, 0) for term in asked)), total))
    own = mass / ranking.idf(counts[asked[0]], total) if len(asked) == 1 and counts.get(asked[0]) else 1.0
    as_asked = tuple(((t,), min(1.0, own) * ranking.idf(counts[t], total)) for t in asked if counts.get(t))
    weighed = (as_asked, *(((words, min(mass, ranking.idf(n, total))),) for words, n in others.items()))
    return Group(weighed, mass, (asked, *others))


def look_up(source: Source, keywords: Keywords, *scopes: Scope) -> tuple[LookUp, ...]:
    """Look up the terms once, and return the matches within each scope."""
    flags = [_flags(source.snapshot, entries) for entries in scopes]
    total = len(source.snapshot.numbers)
    wide = [some for some in flags if not _is_narrow(some)]
    limit = max((_depth(some, total) for some in wide), default=0)
    find = source.catalog.keywords.matches
    matches = find(keywords.words, limit) if wide else []
    if len(matches) == limit and any(_is_short(source, matches, some) for some in wide):
        matches = find(keywords.words, total + 1)
    return tuple(
        LookUp(
            entries,
            allowed,
            _best(source, _narrow(source, keywords, allowed) if _is_narrow(allowed) else matches, allowed),
            keywords.mass,
        )
        for entries, allowed in zip(scopes, flags, strict=True)
    )


def _is_narrow(allowed: Flags | None) -> bool:
    """Whether only the passages of a scope are scored, instead of more matches than its share hides."""
    return allowed is not None and len(allowed) > SMALL_BASE and float(allowed.mean()) < NARROW


def _narrow(source: Source, keywords: Keywords, allowed: Flags | None) -> Matches:
    among = source.snapshot.numbers[allowed].tolist()
    return source.catalog.keywords.matches(keywords.words, DEPTH, among)


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
