"""Why a hit was found, in words."""

from __future__ import annotations

from collections.abc import Iterator

from app.words.reader import Reader
from kb.search.answer import Band, Why

MOST_TERMS = 5  # named in a sentence


def words_of(why: Why, band: Band, reader: Reader) -> str:
    """Return why a hit was found, and why it stands higher or lower than others."""
    return reader.sentences(_sentences(why, band, reader))


def _sentences(why: Why, band: Band, reader: Reader) -> Iterator[str]:
    if why.exact_name:
        yield reader("why.words_name")
    terms = [term.replace("_", "") for term in why.keyword_terms[:MOST_TERMS]]
    if terms:
        yield reader("why.words_terms", terms=reader("comma").join(terms))
    yield reader(f"why.words_{band}" if terms or band != "weak" else "why.words_only_near")
    for adjustment in why.adjustments:
        if reader.has(key := f"why.adjusted_{adjustment.name}"):
            yield reader(key)
