"""The search as a recipe: keyword candidates, meaning candidates, fuse, group, adjust within bounds, cut."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.index import selection
from kb.index.analysis import fold
from kb.index.catalog import Catalog
from kb.index.embedding import Vectors
from kb.index.snapshot import OVERFETCH, Rows, Snapshot, nearest_chunks
from kb.index.vectors import VIEWS, VectorStore, View
from kb.search import ranking
from kb.search.answer import Adjustment, Band, Confidence
from kb.search.calibration import Calibration
from kb.search.query import Query

DEPTH = 100  # candidates from each retrieval; 200 gives the same, 30 loses
MOST_ENTRIES = 100  # ten pages: nobody turns further, and what is named stays in
KEPT_ANYWAY = 10  # the nearest entries are shown, marked as weak, even when none is near
COMMON_SHARE = 0.2  # words in more passages than this cost much and tell little where a rarer word is asked as well
NO_RARITY = 1e-3  # summed idf of a question made of words that stand nearly everywhere
NAME_LENGTH = 3  # shorter names stand in too many questions by chance

LOWEST, HIGHEST = 0.85, 1.15  # every adjustment together: a nudge, never a verdict
FACTORS = {
    "name_in_question": 1.15,  # the question speaks of this customer, number or title
    "verified": 1.03,  # somebody has checked it
    "review_overdue": 0.95,  # its review date has passed
    "superseded": 0.85,  # a newer entry replaces it
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a search looks."""

    catalog: Catalog
    snapshot: Snapshot
    store: VectorStore | None  # None while it is opened again: then everything is compared exactly
    calibration: Calibration
    today: str  # ISO day, for review dates


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry found, by its best passage."""

    entry: int  # catalogue number
    chunk: int  # catalogue number of the passage
    score: float
    band: Band
    keyword_rank: int | None
    keyword_score: float
    meaning_rank: int | None
    similarity: float
    title_similarity: float
    exact_name: bool
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Every entry worth listing, best first."""

    candidates: tuple[Candidate, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Keywords:
    """The words of a question as the keyword index knows them."""

    terms: tuple[str, ...]  # those worth looking up
    mass: float  # summed rarity (idf) of all its words, unknown ones too


@dataclass(frozen=True, slots=True)
class LookUp:
    """What the keyword index says to a question within bounds; needs no embedding."""

    entries: frozenset[int] | None  # the bounds: entry numbers, None for all
    allowed: NDArray[np.bool_] | None  # the same, a flag a chunk
    by_chunk: dict[int, float]  # BM25 of the best passages
    mass: float


@dataclass(frozen=True, slots=True)
class _Scored:
    """The candidate passages; arrays of the same length."""

    chunks: Rows
    bodies: Floats
    titles: Floats
    keywords: Floats
    fused: Floats
    share: Floats  # of the question's rarity, 0 to 1
    is_near: NDArray[np.bool_]  # whether the meaning retrieval found it


def find(source: Source, query: Query, words: LookUp, vector: Vectors) -> Found:
    """Return the entries that answer a query; the bounds of the look-up bind the meaning retrieval as well."""
    near = {view: nearest_chunks(source.snapshot, source.store, view, vector, DEPTH, words.allowed) for view in VIEWS}
    scored = _score(source.snapshot, vector, words.by_chunk, words.mass, near)
    found = _best_of_entries(source, scored, _named(source.snapshot, query, words.entries))
    return _cut(found, scored, source.calibration)


def look_up(source: Source, keywords: Keywords, entries: frozenset[int] | None) -> LookUp:
    """Look a question's words up; `entries` (None: all) binds what may be found."""
    allowed = _flags(source.snapshot, entries)
    return LookUp(entries, allowed, _keyword_candidates(source, keywords.terms, allowed), keywords.mass)


def _flags(snapshot: Snapshot, entries: frozenset[int] | None) -> NDArray[np.bool_] | None:
    if entries is None:
        return None
    size = int(snapshot.entries.max(initial=0)) + 1
    flags = np.zeros(size, np.bool_)
    flags[[number for number in entries if number < size]] = True
    return flags[snapshot.entries]


def weigh(source: Source, query: Query) -> Keywords:
    """Return which words of a question are worth looking up, and how rare the whole question is."""
    counts, total = selection.term_counts(source.catalog, query.terms), len(source.snapshot.numbers)
    mass = sum(ranking.idf(counts.get(term, 0), total) for term in query.terms)
    known = tuple(term for term in query.terms if counts.get(term))
    rare = tuple(term for term in known if counts[term] <= total * COMMON_SHARE)
    return Keywords(rare if rare and total > 2 * DEPTH else known, mass)


def _keyword_candidates(source: Source, terms: tuple[str, ...], allowed: NDArray[np.bool_] | None) -> dict[int, float]:
    """Return BM25 by chunk of the best allowed passages."""
    total = len(source.snapshot.numbers)
    share = 1.0 if allowed is None else max(float(allowed.mean()) if len(allowed) else 0.0, 1e-9)
    limit = DEPTH if allowed is None else min(int(DEPTH / share * OVERFETCH) + 1, total + 1)
    matches = selection.keyword_matches(source.catalog, terms, limit)
    kept = _allowed_scores(source, matches, allowed)
    if allowed is not None and len(kept) < DEPTH and len(matches) == limit:  # the filter hid more than expected
        kept = _allowed_scores(source, selection.keyword_matches(source.catalog, terms, total + 1), allowed)
    return dict(list(kept.items())[:DEPTH])


def _allowed_scores(
    source: Source, matches: list[tuple[int, float]], allowed: NDArray[np.bool_] | None
) -> dict[int, float]:
    scores = dict(matches)
    chunks = source.snapshot.places(list(scores))
    kept = chunks if allowed is None else chunks[allowed[chunks]]
    return {int(chunk): scores[int(source.snapshot.numbers[chunk])] for chunk in kept}


def _score(
    snapshot: Snapshot, vector: Vectors, by_chunk: dict[int, float], mass: float, near: dict[View, Rows]
) -> _Scored:
    chunks = np.array(sorted({*by_chunk, *(int(c) for rows in near.values() for c in rows)}), np.int64)
    bodies = snapshot.similarity("bodies", chunks, vector).astype(np.float64)
    titles = snapshot.similarity("heads", chunks, vector).astype(np.float64)
    words = np.array([by_chunk.get(int(chunk), 0.0) for chunk in chunks])
    # Words that stand in most passages, as a product's name does, have no rarity: then holding them is all there is.
    share = np.minimum(1.0, words / mass) if mass > NO_RARITY else (words > 0).astype(np.float64)
    evidence = float(words.max(initial=0.0)) / mass if mass > NO_RARITY else float(share.max(initial=0.0))
    fused = ranking.fuse(ranking.meaning_scores(bodies, titles), words, evidence) if len(chunks) else words
    found = {int(c) for rows in near.values() for c in rows}
    is_near = np.array([int(chunk) in found for chunk in chunks], np.bool_)
    return _Scored(chunks, bodies, titles, words, fused, share, is_near)


def _named(snapshot: Snapshot, query: Query, allowed: frozenset[int] | None) -> dict[int, bool]:
    """Return the entries a question names: True where the whole question is the name."""
    question = fold(query.meaning).strip()
    named: dict[int, bool] = {}
    words = question[:200]
    for start in range(len(words)):
        for end in range(start + NAME_LENGTH, min(len(words), start + 80) + 1):
            for entry in snapshot.names.get(words[start:end], ()):
                named.setdefault(entry, False)
    named |= {entry: True for entry in snapshot.names.get(question, ())}
    return {entry: exact for entry, exact in named.items() if allowed is None or entry in allowed}


def _best_of_entries(source: Source, scored: _Scored, named: dict[int, bool]) -> list[Candidate]:
    """Return each entry by its best passage, scores nudged, what the question names exactly first."""
    keyword_ranks = ranking.ranks(scored.keywords)
    meaning_ranks = ranking.ranks(ranking.meaning_scores(scored.bodies, scored.titles))
    # Positive, so that factors raise and lower alike.
    scores = np.exp(scored.fused - scored.fused.max(initial=0.0))
    entries, numbers = source.snapshot.entries[scored.chunks], source.snapshot.numbers[scored.chunks]
    best: dict[int, Candidate] = {}
    for at in np.argsort(-scored.fused, kind="stable"):
        entry = int(entries[at])
        if entry in best or (len(best) >= MOST_ENTRIES and entry not in named):
            continue
        exact = named.get(entry, False)
        adjustments = _adjustments(source, entry, entry in named)
        similarity = max(float(scored.bodies[at]), float(scored.titles[at]))
        best[entry] = Candidate(
            entry=entry,
            chunk=int(numbers[at]),
            score=float(scores[at]) * _together(adjustments),
            band="strong" if exact else source.calibration.band(similarity, float(scored.share[at])),
            keyword_rank=int(keyword_ranks[at]) if scored.keywords[at] > 0 else None,
            keyword_score=float(scored.keywords[at]),
            meaning_rank=int(meaning_ranks[at]) if scored.is_near[at] else None,
            similarity=float(scored.bodies[at]),
            title_similarity=float(scored.titles[at]),
            exact_name=exact,
            adjustments=adjustments,
        )
    return sorted(best.values(), key=lambda c: (not c.exact_name, -c.score, c.entry))


def _adjustments(source: Source, entry: int, is_named: bool) -> tuple[Adjustment, ...]:
    trust = source.snapshot.trust.get(entry)
    names = trust.marks(source.today) if trust else ()
    return tuple(Adjustment(name, FACTORS[name]) for name in (*names, *(("name_in_question",) if is_named else ())))


def _together(adjustments: tuple[Adjustment, ...]) -> float:
    if not adjustments:
        return 1.0
    return min(HIGHEST, max(LOWEST, math.prod(adjustment.factor for adjustment in adjustments)))


def _cut(found: list[Candidate], scored: _Scored, calibration: Calibration) -> Found:
    """Keep what is relevant, and the nearest few whatever they are."""
    kept = [c for rank, c in enumerate(found) if rank < KEPT_ANYWAY or c.band != "weak"]
    if any(candidate.exact_name for candidate in kept):
        return Found(tuple(kept), "strong")
    best = float(scored.bodies.max(initial=0.0))
    share = float(scored.share[int(np.argmax(scored.keywords))]) if len(scored.chunks) else 0.0
    return Found(tuple(kept), calibration.confidence(best, share) if kept else "none")
