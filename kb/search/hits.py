"""Turn candidates into hits a person can read, with the passage that matched."""

from __future__ import annotations

from collections.abc import Sequence

from kb.entry import Entry
from kb.index.catalog import Catalog
from kb.index.keywords import terms_in
from kb.index.passages import first_passages, passages
from kb.search.answer import Hit, Why
from kb.search.candidates import Candidate
from kb.search.query import Query
from kb.search.snippets import make_snippet


def make_hits(catalog: Catalog, query: Query, candidates: Sequence[Candidate], explain: bool) -> tuple[Hit, ...]:
    """Return one hit a candidate, in the same order; one that a sync has just replaced is left out."""
    numbers = [candidate.chunk for candidate in candidates]
    found = passages(catalog, numbers)
    terms = terms_in(catalog, numbers, query.terms) if explain else {}
    hits = []
    for candidate in candidates:
        if candidate.chunk not in found:
            continue
        passage = found[candidate.chunk]
        entry = passage.entry
        snippet = make_snippet(passage.text or entry.title, query.terms, entry.language, passage.words)
        why = _why(candidate, terms.get(candidate.chunk, ())) if explain else None
        hits.append(Hit(entry, passage.heading, snippet, candidate.band, candidate.score, why))
    return tuple(hits)


def listed(catalog: Catalog, entries: Sequence[Entry]) -> tuple[Hit, ...]:
    """Return entries that nobody searched for, each with its beginning."""
    first = first_passages(catalog, [entry.id for entry in entries])
    return tuple(
        Hit(entry, first[entry.id][0], make_snippet(first[entry.id][1], (), entry.language), "good", 0.0)
        for entry in entries
    )


def _why(candidate: Candidate, terms: tuple[str, ...]) -> Why:
    return Why(
        keyword_rank=candidate.keyword_rank,
        keyword_score=candidate.keyword_score,
        keyword_terms=terms,
        meaning_rank=candidate.meaning_rank,
        similarity=candidate.similarity,
        title_similarity=candidate.title_similarity,
        exact_name=candidate.exact_name,
        adjustments=candidate.adjustments,
    )
