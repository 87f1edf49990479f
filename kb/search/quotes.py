"""The sentences that answer a question, exactly as they stand in the entries; none where nothing answers it.

Rare words choose the sentence of a passage, and meaning decides between sentences with the same words. No text is
written: a quote is a part of an entry's body, found there again before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kb.index.neighbours import Neighbours
from kb.index.passages import Passage, passages
from kb.index.sentences import sentences_of
from kb.index.spans import Span, spans_of
from kb.search.calibration import Calibration
from kb.search.candidates import Candidate, Found
from kb.search.lookup import Keywords
from kb.search.query import Query
from kb.search.quoted import Quote
from kb.search.source import Source

MOST_QUOTES = 3  # from the first entries, one each: more is a list of hits
LONGEST = {"ja": 220, "en": 440}  # characters, two to five lines; longer ones are read in the entry
SHORT, SHORT_COSTS = 12, 0.1  # characters: "Yes." is near to every question; in words of the question
# Measured, see docs/measurements.md: chosen on other questions than those reported there.
CHOOSES = 0.25  # of what a cosine is worth in words: of two sentences with the same words the nearer one is quoted
SPEAKS = 0.4  # of the same, for whether it answers at all
STRONG = 0.2  # the same where the search is sure
SURE = 0.55  # share of the question's words that a quote has, with title and labels of its entry, and all of that added
BEHIND = 0.3  # of the surest quote: what says less is read among the hits


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence that may be quoted."""

    span: Span
    terms: frozenset[str]
    cosine: float


@dataclass(frozen=True, slots=True)
class _Question:
    """What sentences are compared with."""

    query: Query
    keywords: Keywords
    neighbours: Neighbours
    calibration: Calibration
    is_strong: bool  # whether the search is sure

    def nearness(self, cosine: float, language: str) -> float:
        """Return what the cosine of a text in a language is worth in words."""
        is_across = self.query.language not in ("", language)
        level = self.neighbours.level(self.calibration.level)
        above = self.calibration.above_none(cosine + is_across * self.calibration.across, level)
        return self.calibration.in_words(above)


def quotes_for(
    source: Source, query: Query, keywords: Keywords, found: Found, neighbours: Neighbours
) -> tuple[Quote, ...]:
    """Return what the first entries found say in answer, in their order; a name alone asks for its entry."""
    if found.confidence == "none" or any(candidate.why.exact_name for candidate in found.candidates[:1]):
        return ()
    question = _Question(query, keywords, neighbours, source.calibration, found.confidence == "strong")
    first = [candidate for candidate in found.candidates[:MOST_QUOTES] if candidate.band != "weak"]
    known = passages(source.catalog, [candidate.chunk for candidate in first])
    cut = (_quote(known[one.chunk], one, question) for one in first if one.chunk in known)
    quotes = [quote for quote in cut if quote and quote.sureness >= SURE]
    surest = max((quote.sureness for quote in quotes), default=SURE)
    return tuple(quote for quote in quotes if quote.sureness >= surest - BEHIND)


def _quote(passage: Passage, candidate: Candidate, question: _Question) -> Quote | None:
    """Return the best sentence of a passage with a neighbour; None if none is short enough to be read."""
    entry, share_in = passage.entry, question.keywords.share_in
    longest = LONGEST.get(entry.language, LONGEST["ja"])
    labels = passage.terms - {term for term, _, _ in passage.words}
    sentences = list(_sentences(passage, candidate, question.neighbours))

    def worth(one: _Sentence) -> float:
        is_short = len(one.span.text) < SHORT
        return share_in(labels | one.terms) + _chooses(question, one) - is_short * SHORT_COSTS

    best = max((one for one in sentences if len(one.span.text) <= longest), key=worth, default=None)
    if best is None:
        return None
    at = sentences.index(best)
    beside = [
        one for one in (*sentences[at + 1 : at + 2], *sentences[max(0, at - 1) : at]) if _may_join(best, one, longest)
    ]
    other = max(
        beside, key=lambda one: share_in(labels | best.terms | one.terms) + _chooses(question, one), default=best
    )
    place = _place(passage, min(best.span.start, other.span.start), max(best.span.end, other.span.end))
    if place is None:
        return None
    share = share_in(labels | best.terms | other.terms)
    near = max(best.cosine, candidate.why.similarity, candidate.why.title_similarity)
    sureness = share + SPEAKS * question.nearness(near, entry.language) + question.is_strong * STRONG
    return Quote(entry, passage.heading, *place, sureness)


def _sentences(passage: Passage, candidate: Candidate, neighbours: Neighbours) -> Iterator[_Sentence]:
    """Yield the sentences of a passage; one without a vector of its own has that of the passage."""
    cosines = neighbours.sentence_cosines(candidate.place)
    known = list(zip(sentences_of(passage.markdown), cosines, strict=False)) if cosines else []
    for span in spans_of(passage.markdown):
        terms = frozenset(t for t, a, b in passage.words if a >= span.plain_start and b <= span.plain_end)
        own = [cosine for text, cosine in known if text in span.text or span.text in text]
        yield _Sentence(span, terms, max(own, default=candidate.why.similarity))


def _chooses(question: _Question, one: _Sentence) -> float:
    return CHOOSES * question.calibration.in_words(one.cosine)


def _may_join(best: _Sentence, other: _Sentence, longest: int) -> bool:
    """Whether a neighbour is quoted as well."""
    return best.span.paragraph == other.span.paragraph and len(best.span.text) + len(other.span.text) <= longest


def _place(passage: Passage, start: int, end: int) -> tuple[int, int, int] | None:
    """Return where a part of a passage stands in the body of its entry (start, end, line of the file)."""
    entry, part = passage.entry, passage.markdown[start:end]
    line = passage.line + passage.markdown.count("\n", 0, start)
    at = 0
    for _ in range(line - entry.body_line):
        at = entry.body.find("\n", at) + 1
    found = entry.body.find(part, at)
    return (found, found + len(part), line) if found >= 0 else None
