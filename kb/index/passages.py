"""Queries for passages: by number, the first of an entry, duplicates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from kb.entry import Entry
from kb.index.analysis import Word
from kb.index.catalog import Catalog, in_groups
from kb.index.documents import from_document
from kb.index.schema import CHUNKS, ENTRIES


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as shown in a hit."""

    entry: Entry
    heading: str  # heading path
    text: str  # plain
    words: tuple[Word, ...]  # of the plain text
    markdown: str


def passages(catalog: Catalog, numbers: Sequence[int]) -> dict[int, Passage]:
    """Return passages by number."""
    columns = (
        CHUNKS.c.number,
        CHUNKS.c.headings,
        CHUNKS.c.plain,
        CHUNKS.c.words,
        CHUNKS.c.text,
        ENTRIES.c.document,
        ENTRIES.c.body,
    )
    query = select(*columns).join(ENTRIES, ENTRIES.c.number == CHUNKS.c.entry)
    found: dict[int, Passage] = {}
    with catalog.engine.connect() as connection:
        for some in in_groups(numbers):
            rows = connection.execute(query.where(CHUNKS.c.number.in_(some)))
            for number, headings, plain, words, markdown, document, body in rows:
                heading = " › ".join(json.loads(headings))
                cut = tuple(map(Word._make, json.loads(words)))
                found[number] = Passage(from_document(document, body), heading, plain, cut, markdown)
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
    """Return the ids of the entries that contain the passage with this vector key."""
    query = select(ENTRIES.c.id).join(CHUNKS, CHUNKS.c.entry == ENTRIES.c.number).where(CHUNKS.c.body_key == body_key)
    with catalog.engine.connect() as connection:
        return list(dict.fromkeys(connection.scalars(query).all()))
