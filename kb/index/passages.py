"""Queries for passages: by number, the first of an entry, duplicates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from kb.entry import Entry
from kb.index.catalog import Catalog, in_groups
from kb.index.documents import from_document
from kb.index.schema import CHUNKS, ENTRIES

_COLUMNS = (
    *(CHUNKS.c.number, CHUNKS.c.headings, CHUNKS.c.plain, CHUNKS.c.words, CHUNKS.c.text),
    *(ENTRIES.c.document, ENTRIES.c.body),
)
_PASSAGES = (
    select(*_COLUMNS)
    .join(ENTRIES, ENTRIES.c.number == CHUNKS.c.entry)
    .where(CHUNKS.c.number.in_(bindparam("numbers", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as shown in a hit."""

    entry: Entry
    heading: str  # heading path
    text: str  # plain
    words: list[tuple[str, int, int]]  # of the plain text: index term, start and end
    markdown: str


def passages(catalog: Catalog, numbers: Sequence[int]) -> dict[int, Passage]:
    """Return passages by number."""
    found: dict[int, Passage] = {}
    with catalog.engine.connect() as connection:
        for some in in_groups(numbers):
            rows = connection.execute(_PASSAGES, {"numbers": some}).all()
            for number, headings, plain, words, markdown, document, body in rows:
                heading = " › ".join(json.loads(headings))
                found[number] = Passage(from_document(document, body), heading, plain, json.loads(words), markdown)
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
