"""Why a hit was found, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.words.reader import Reader
from kb.search.answer import Band, Why

MOST_TERMS = 5  # named in a sentence
MUCH_NEARER = 0.02  # by which the best sentence is nearer than the whole passage
VISIBLE = 0.005  # balance between languages: less is not seen in the figures


def words_of(why: Why, band: Band, reader: Reader) -> str:
    """Return why a hit was found, and why it stands higher or lower than others."""
    return reader.sentences(_sentences(why, band, reader))


def _sentences(why: Why, band: Band, reader: Reader) -> Iterator[str]:
    if why.exact_name:
        yield reader("why.words_name")
    others = why.other_spellings
    if own := [term for term in why.keyword_terms if term not in others]:
        yield reader("why.words_terms", terms=_listed(own, reader))
    if others:
        yield reader("why.words_spellings", terms=_listed(others, reader))
    yield reader(f"why.words_{band}" if why.keyword_terms or band != "weak" else "why.words_only_near")
    if why.sentence_similarity is not None and why.sentence_similarity - why.similarity >= MUCH_NEARER:
        yield reader("why.words_sentence")
    if why.language_balance >= VISIBLE:
        yield reader("why.words_balance")
    for adjustment in why.adjustments:
        if reader.has(key := f"why.adjusted_{adjustment.name}"):
            yield reader(key)


def _listed(terms: Sequence[str], reader: Reader) -> str:
    return reader("comma").join(term.replace("_", "") for term in terms[:MOST_TERMS])
