"""Find the entries for a query: both retrievals, fused, grouped by entry, adjusted within bounds, cut."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kb.index.analysis import fold
from kb.index.balance import LANGUAGES
from kb.index.matrix import Rows
from kb.index.neighbours import Neighbours
from kb.index.records import short_name
from kb.index.snapshot import Snapshot
from kb.index.vectors import SEARCHED, View
from kb.search import ranking
from kb.search.answer import Adjustment, Band, Confidence, Why
from kb.search.calibration import Calibration
from kb.search.copies import grouped
from kb.search.lookup import DEPTH, LookUp
from kb.search.query import Query
from kb.search.source import Source
from kb.search.successors import behind_successors

MOST_ENTRIES = 100  # ten pages are enough; named entries are always kept
KEPT_ANYWAY = 10  # the nearest entries are shown even if all are weak
NO_RARITY = 1e-3  # idf mass below which all words of a query are nearly everywhere
NAME_LENGTH = 3  # shorter names occur in too many queries by chance
BEGINNING = 2  # characters of a customer's name that are enough, if nothing else is asked
SURE_BEGINNING = 3  # from which it is as good as the name; two are often a word of their own
LONGEST_BEGINNING = 20
MOST_NAMED = 10  # deals of one name; more have it as a title by habit, such as 新規導入

LOWEST, HIGHEST = 0.85, 1.15  # bounds of the combined adjustment
FACTORS = {
    "name_in_question": 1.15,  # the query contains this customer, number or title
    "verified": 1.03,
    "review_overdue": 0.95,  # its review date has passed
    "needs_review": 0.95,  # evidence against it since its verification
    "superseded": 0.85,  # a newer entry replaces it
}
_ABOUT = re.compile(r"(?:さん|さま|様|社)?(?:の(?:件|話|商談|案件)|について)?$")  # behind the customer one asks about

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry found, by its best passage."""

    entry: int  # catalogue number
    chunk: int  # catalogue number of the passage
    place: int  # of the passage in the snapshot
    score: float
    band: Band
    why: Why  # without keyword terms
    copies: tuple[int, ...] = ()  # catalogue numbers of the entries it stands for


@dataclass(frozen=True, slots=True)
class Found:
    """The candidates to list, best first."""

    candidates: tuple[Candidate, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class _Scored:
    """Candidate passages; arrays of the same length."""

    chunks: Rows
    bodies: Floats
    titles: Floats
    sentences: Floats  # NaN where not known
    balance: Floats  # of the text, between languages
    meaning: Floats
    keywords: Floats
    fused: Floats
    share: Floats  # of the query's idf mass, 0 to 1
    is_near: NDArray[np.bool_]  # whether the meaning retrieval found it
    level: float  # mean cosine of all passages to the query


def find(source: Source, words: LookUp, named: dict[int, bool], neighbours: Neighbours, language: str = "") -> Found:
    """Return the entries for a query in a language; the look-up's scope also limits the meaning retrieval."""
    near = {view: neighbours.nearest(view, DEPTH, words.allowed) for view in SEARCHED}
    scored = _score(source, words, near, neighbours)
    across = _across(source, scored.chunks, language)
    within = {entry: exact for entry, exact in named.items() if words.entries is None or entry in words.entries}
    return _cut(_best_of_entries(source, scored, within, across), scored, across, source.calibration)


def _score(source: Source, found: LookUp, near: dict[View, Rows], neighbours: Neighbours) -> _Scored:
    by_chunk, mass = found.by_chunk, found.mass
    chunks = np.array(sorted({*by_chunk, *(int(c) for rows in near.values() for c in rows)}), np.int64)
    bodies = neighbours.similarity("bodies", chunks).astype(np.float64)
    titles = neighbours.similarity("heads", chunks).astype(np.float64)
    sentences, counts = neighbours.best_sentences(chunks)
    words = np.array([by_chunk.get(int(chunk), 0.0) for chunk in chunks])
    says_nothing = np.isin(source.snapshot.entries[chunks], list(source.snapshot.brief)) & (words == 0)
    bodies, sentences = ranking.without_brief(bodies, sentences, says_nothing)
    balance = neighbours.balance("bodies", chunks).astype(np.float64)
    balanced = ranking.without_gaps(bodies) + balance
    meaning = ranking.meaning_scores(
        balanced, titles + neighbours.balance("heads", chunks), sentences + balance, counts
    )
    # Words in most passages, such as a product name, have no idf mass: then only their presence counts.
    share = np.minimum(1.0, words / mass) if mass > NO_RARITY else (words > 0).astype(np.float64)
    evidence = float(words.max(initial=0.0)) / mass if mass > NO_RARITY else float(share.max(initial=0.0))
    if neighbours.by_words:  # there is nothing else
        evidence = float("inf")
    fused = ranking.fuse(meaning, words, evidence) if len(chunks) else words
    is_near = np.isin(chunks, np.concatenate(list(near.values())))
    level = neighbours.level(source.calibration.level)
    return _Scored(chunks, bodies, titles, sentences, balance, meaning, words, fused, share, is_near, level)


def names_in(snapshot: Snapshot, query: Query) -> dict[int, bool]:
    """Return the entries named in a query: True if the whole query is the name, or what people call it."""
    question, names = fold(query.meaning).strip(), snapshot.names
    words = question[:200]
    ends = [(start, min(len(words), start + 80) + 1) for start in range(len(words))]
    named = dict.fromkeys(names.of([words[a:b] for a, most in ends for b in range(a + NAME_LENGTH, most)]), False)
    begun = short_name(_ABOUT.sub("", words))
    if BEGINNING <= len(begun) <= LONGEST_BEGINNING and not named:
        named = dict.fromkeys(_beginning_with(snapshot, begun), len(begun) >= SURE_BEGINNING)
    return named | dict.fromkeys(names.of([question, begun]), True)


def _beginning_with(snapshot: Snapshot, begun: str) -> set[int]:
    """Return the deals with a name that begins with a text; none if they are many."""
    deals = snapshot.names.deals_beginning_with(begun + " " if begun.isascii() else begun)
    return deals if len(deals) <= MOST_NAMED else set()


def _asked_deals(snapshot: Snapshot, named: dict[int, bool]) -> set[int]:
    """Return the deals a question names: they stand first; none if they are many."""
    deals = {entry for entry in named if ("kind", "deal") in snapshot.facets.get(entry, ())}
    return deals if len(deals) <= MOST_NAMED else set()


def _across(source: Source, chunks: Rows, language: str) -> Floats:
    """Return what the cosines of passages lack for a question in another language."""
    written = source.snapshot.balance.language[chunks]
    is_other = (written >= 0) & (written != LANGUAGES.index(language)) if language else np.zeros(len(chunks), np.bool_)
    return np.where(is_other, source.calibration.across, 0.0)


def _best_of_entries(source: Source, scored: _Scored, named: dict[int, bool], across: Floats) -> list[Candidate]:
    """Return each entry by its best passage with adjusted scores, exact names first."""
    keyword_ranks = ranking.ranks(scored.keywords)
    meaning_ranks = ranking.ranks(scored.meaning)
    similarities = np.fmax(np.fmax(scored.bodies, scored.titles), scored.sentences) + across
    # Positive, so that factors work both ways.
    scores = np.exp(scored.fused - scored.fused.max(initial=0.0))
    shares = scored.share.tolist()
    entries, numbers = source.snapshot.entries[scored.chunks].tolist(), source.snapshot.numbers[scored.chunks].tolist()
    best: dict[int, Candidate] = {}
    for at in np.argsort(-scored.fused, kind="stable").tolist():
        entry = entries[at]
        if entry in best or (len(best) >= MOST_ENTRIES and entry not in named):
            continue
        exact = named.get(entry, False)
        adjustments = _adjustments(source, entry, entry in named)
        best[entry] = Candidate(
            entry=entry,
            chunk=numbers[at],
            place=int(scored.chunks[at]),
            score=float(scores[at]) * _combined(adjustments),
            band="strong" if exact else _band(source, entry, float(similarities[at]), shares[at], scored.level),
            why=Why(
                keyword_rank=int(keyword_ranks[at]) if scored.keywords[at] > 0 else None,
                keyword_score=float(scored.keywords[at]),
                keyword_terms=(),
                other_spellings=(),
                meaning_rank=int(meaning_ranks[at]) if scored.is_near[at] else None,
                similarity=float(scored.bodies[at]),
                title_similarity=float(scored.titles[at]),
                sentence_similarity=None if math.isnan(scored.sentences[at]) else float(scored.sentences[at]),
                language_balance=float(scored.balance[at]),
                exact_name=exact,
                adjustments=adjustments,
            ),
        )
    asked = _asked_deals(source.snapshot, named)
    ranked = sorted(best.values(), key=lambda c: (not c.why.exact_name, c.entry not in asked, -c.score, c.entry))
    shown = grouped([candidate.entry for candidate in ranked], source.snapshot.originals)
    alone = [replace(ranked[place], copies=copies) if copies else ranked[place] for place, copies in shown.items()]
    places = behind_successors([candidate.entry for candidate in alone], source.snapshot.successors)
    return [alone[place] for place in places]


def _band(source: Source, entry: int, similarity: float, share: float, level: float) -> Band:
    """Rate one hit; an entry with next to no text is never strong."""
    band = source.calibration.band(similarity, share, level)
    return "good" if band == "strong" and entry in source.snapshot.brief else band


def _adjustments(source: Source, entry: int, is_named: bool) -> tuple[Adjustment, ...]:
    trust = source.snapshot.trust.get(entry)
    names = trust.marks(source.today) if trust else ()
    if entry in source.doubted and not {*names} & {"superseded", "review_overdue"}:
        names = ("needs_review",)
    return tuple(Adjustment(name, FACTORS[name]) for name in (*names, *(("name_in_question",) if is_named else ())))


def _combined(adjustments: tuple[Adjustment, ...]) -> float:
    if not adjustments:
        return 1.0
    return min(HIGHEST, max(LOWEST, math.prod(adjustment.factor for adjustment in adjustments)))


def _cut(found: list[Candidate], scored: _Scored, across: Floats, calibration: Calibration) -> Found:
    """Keep relevant candidates, and always the best few."""
    kept = [c for rank, c in enumerate(found) if rank < KEPT_ANYWAY or c.band != "weak"]
    if any(candidate.why.exact_name for candidate in kept):
        return Found(tuple(kept), "strong")
    if not kept:
        return Found((), "none")
    first = int(np.argmax(scored.fused))
    told = [scored.sentences[first], scored.titles[first] if across[first] else np.nan]
    best = float(np.nanmax([(scored.bodies + across).max(), *(cosine + across[first] for cosine in told)]))
    share = float(scored.share[int(np.argmax(scored.keywords))])
    return Found(tuple(kept), calibration.confidence(best, share, scored.level))
