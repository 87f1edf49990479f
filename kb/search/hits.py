"""Turn candidates into hits with snippets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from kb.entry import Entry
from kb.index.catalog import Catalog
from kb.index.entries import entries_by_number
from kb.index.neighbours import Neighbours
from kb.index.passages import Passage, first_passages, passages
from kb.index.sentences import sentences_of
from kb.search.answer import Hit, Why
from kb.search.candidates import Candidate
from kb.search.query import Query
from kb.search.snippets import make_snippet

MOST_REMEMBERED = 1_024  # passages cut into sentences: most people see the same ones


_sentences_of = lru_cache(maxsize=MOST_REMEMBERED)(sentences_of)


def make_hits(
    catalog: Catalog, query: Query, candidates: Sequence[Candidate], explain: bool, neighbours: Neighbours
) -> tuple[Hit, ...]:
    """Return one hit per candidate, in order, without those a sync has just replaced."""
    numbers = [candidate.chunk for candidate in candidates]
    found = passages(catalog, numbers)
    hits = []
    for candidate in candidates:
        if candidate.chunk not in found:
            continue
        passage = found[candidate.chunk]
        entry = passage.entry
        sentence = _best_sentence(passage, neighbours.best_sentence(candidate.place))
        words = query.highlighted
        snippet = make_snippet(passage.text or entry.title, words, entry.language, passage.words, sentence)
        why = _with_terms(candidate.why, query, passage.terms) if explain else None
        copies = entries_by_number(catalog, candidate.copies) if candidate.copies else ()
        score, text = candidate.score, passage.markdown
        hits.append(Hit(entry, passage.heading, snippet, candidate.band, score, why, copies, text))
    return tuple(hits)


def _with_terms(why: Why, query: Query, indexed: frozenset[str]) -> Why:
    found = tuple(term for term in query.highlighted if term in indexed)
    return replace(why, keyword_terms=found, other_spellings=tuple(term for term in found if term not in query.terms))


def _best_sentence(passage: Passage, place: int) -> str:
    if place < 0:
        return ""
    sentences = _sentences_of(passage.markdown)
    return sentences[place] if place < len(sentences) else ""


def listed(catalog: Catalog, entries: Sequence[Entry]) -> tuple[Hit, ...]:
    """Return entries as hits without a query, each with its beginning."""
    first = first_passages(catalog, [entry.id for entry in entries])  # a meeting without decisions has none
    found = ((entry, *first.get(entry.id, ("", ""))) for entry in entries)
    return tuple(
        Hit(entry, heading, make_snippet(text, (), entry.language), "good", 0.0, passage=text)
        for entry, heading, text in found
    )
