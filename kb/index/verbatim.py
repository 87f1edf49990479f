"""What entries say verbatim: those that contain a phrase, and how they write a word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import func, select

from kb.index.analysis import flat, words
from kb.index.catalog import Catalog
from kb.index.schema import CHUNKS, ENTRIES

_PASSAGES = select(ENTRIES.c.number, ENTRIES.c.named, CHUNKS.c.flat).join(CHUNKS, CHUNKS.c.entry == ENTRIES.c.number)


def surface_of(catalog: Catalog, term: str) -> str:
    """Return a word as it is written in a published passage or its titles; empty if there is none."""
    for written in catalog.keywords.texts_with(term):
        for word in words(written):
            if word.term == term:
                return written[word.start : word.end]
    return ""


def entries_with_text(catalog: Catalog, phrase: str, terms: Sequence[str]) -> set[int]:
    """Return the entries that contain a phrase verbatim (folded) in title, headings, tags or text.

    Its terms spare reading every passage; where none with them has the phrase, it may be part of a word: all are read.
    """
    wanted = flat(phrase)
    place = func.instr if catalog.engine.dialect.name == "sqlite" else func.strpos
    query = select(ENTRIES.c.number).join(CHUNKS, CHUNKS.c.entry == ENTRIES.c.number).distinct()
    query = query.where((place(ENTRIES.c.named, wanted) > 0) | (place(CHUNKS.c.flat, wanted) > 0))
    inner = terms[1:-1] or terms  # a phrase may begin and end within a word
    with catalog.engine.connect() as connection:
        found = set(connection.scalars(query.where(catalog.keywords.holding(inner)))) if terms else set()
        return found or set(connection.scalars(query))


def entries_with_texts(catalog: Catalog, texts: Iterable[str], among: Collection[int]) -> dict[str, set[int]]:
    """Return which of some entries contain each text verbatim (folded); all passages are read once for all texts."""
    found: dict[str, set[int]] = {some: set() for some in texts}
    wanted = [(flat(some), entries) for some, entries in found.items()]
    with catalog.engine.connect() as connection:
        for number, named, passage in connection.execute(_PASSAGES):
            if number in among:
                for some, entries in wanted:
                    if some in named or some in passage:
                        entries.add(number)
    return found
