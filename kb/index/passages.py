"""Queries for passages: by number, the first of an entry, duplicates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from kb.entry import Entry
from kb.index.catalog import Catalog
from kb.index.dialect import Listing
from kb.index.documents import from_document
from kb.index.schema import CHUNKS, ENTRIES
from kb.index.vector_keys import is_of_text

MOST_REMEMBERED = 512  # passages of an index: people see mostly the same ones
LONGEST_REMEMBERED = 20_000  # characters of the whole text
_PASSAGES = Listing(
    "SELECT chunks.number, headings, plain, words, text, line_start, document, entries.body,"
    " keywords.title || ' ' || keywords.heading || ' ' || keywords.tags || ' ' || keywords.body"
    " FROM chunks JOIN entries ON entries.number = chunks.entry LEFT JOIN keywords ON keywords.rowid = chunks.number"
    " WHERE chunks.number {one_of_listed}"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as shown in a hit."""

    entry: Entry
    heading: str  # heading path
    text: str  # plain
    words: list[tuple[str, int, int]]  # of the plain text: index term, start and end
    markdown: str
    line: int  # of the file, on which it starts
    terms: frozenset[str]  # all it is found by, title and tags included


_remembered: WeakKeyDictionary[Catalog, dict[int, Passage]] = WeakKeyDictionary()


def passages(catalog: Catalog, numbers: Sequence[int]) -> dict[int, Passage]:
    """Return passages by number. A number is never reused and its passage never changes, so some are remembered."""
    known = _remembered.setdefault(catalog, {})
    found = {number: passage for number in numbers if (passage := known.get(number))}
    fresh = _read(catalog, [number for number in numbers if number not in found])
    if len(known) + len(fresh) > MOST_REMEMBERED:
        known.clear()
    known.update({n: passage for n, passage in fresh.items() if len(passage.entry.body) <= LONGEST_REMEMBERED})
    return found | fresh


def _read(catalog: Catalog, numbers: Sequence[int]) -> dict[int, Passage]:
    if not numbers:
        return {}
    with catalog.engine.connect() as connection:
        rows = _PASSAGES.rows(connection, numbers)
    found = {}
    for number, headings, plain, words, markdown, line, document, body, terms in rows:
        heading, indexed = " › ".join(json.loads(headings)), frozenset((terms or "").split())
        entry = from_document(document, body)
        found[number] = Passage(entry, heading, plain, json.loads(words), markdown, line, indexed)
    return found


def first_passages(catalog: Catalog, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Return (heading path, text) of the first passage of each entry."""
    firsts = select(func.min(CHUNKS.c.number)).join(ENTRIES, ENTRIES.c.number == CHUNKS.c.entry)
    query = select(ENTRIES.c.id, CHUNKS.c.headings, CHUNKS.c.text).join(ENTRIES, ENTRIES.c.number == CHUNKS.c.entry)
    chosen = firsts.where(ENTRIES.c.id.in_(ids)).group_by(CHUNKS.c.entry)
    with catalog.engine.connect() as connection:
        rows = connection.execute(query.where(CHUNKS.c.number.in_(chosen)))
        return {row[0]: (" › ".join(json.loads(row[1])), row[2]) for row in rows}


def ids_with_passage(catalog: Catalog, body_key: str) -> list[str]:
    """Return the ids of the entries that contain the passage with the vector key of this text."""
    joined = select(ENTRIES.c.id).join(CHUNKS, CHUNKS.c.entry == ENTRIES.c.number)
    query = joined.where(is_of_text(CHUNKS.c.body_key, body_key)).order_by(CHUNKS.c.number)
    with catalog.engine.connect() as connection:
        return list(dict.fromkeys(connection.scalars(query).all()))
