"""Write entries to the tables of the catalogue: row, facets, names, links, passages and keywords."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from kb.entry import Chunk, Entry, Problem
from kb.fields import FIELDS
from kb.index.analysis import Word, flat, fold, words
from kb.index.dialect import storable
from kb.index.documents import to_document
from kb.index.keywords import KeywordIndex, PassageTerms
from kb.index.plain import plain
from kb.index.schema import AUDIENCES, CHUNKS, ENTRIES, FACET_VALUES, LINKS, NAMES, PROBLEMS, SITUATIONS
from kb.index.searched import headings_of, tags_of, title_of
from kb.wording import from_json, to_json

# Statements are built once: building them takes longer than executing them.
_CODE = re.compile(r"([a-z]+)[-_ ]?(\d+)")
_INSERT = {
    table: insert(table) for table in (ENTRIES, AUDIENCES, FACET_VALUES, NAMES, LINKS, CHUNKS, SITUATIONS, PROBLEMS)
}
_CHUNKS_OF = select(CHUNKS.c.number).where(CHUNKS.c.entry == bindparam("entry")).order_by(CHUNKS.c.number)
_OF_PATH_OR_ID = select(ENTRIES.c.number).where(
    (ENTRIES.c.path == bindparam("path")) | (ENTRIES.c.id == bindparam("id"))
)
_DELETE_ENTRY = delete(ENTRIES).where(ENTRIES.c.number == bindparam("entry"))
_DELETE_PROBLEMS = delete(PROBLEMS).where(PROBLEMS.c.path == bindparam("of_path"))
_BRACKETS = re.compile(r"\s*\([^()]*\)$")
_LEGAL_FORM = re.compile(
    r"^(?:株式会社|有限会社|合同会社|\((?:株|有|同)\))\s*"
    r"|\s*(?:株式会社|有限会社|合同会社|\((?:株|有|同)\)|,? (?:inc|ltd|corp|llc|gmbh|co\.?,? ltd)\.?)$"
)
_SET_META = text(
    "INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_TOUCH = text(  # in one statement: of two processes that do it at once, each leads to a generation of its own
    "INSERT INTO meta (key, value) VALUES ('generation', '1') ON CONFLICT (key)"
    " DO UPDATE SET value = CAST(CAST(meta.value AS INTEGER) + 1 AS TEXT)"
)


@dataclass(frozen=True, slots=True)
class StoredSituation:
    """A part of a deal's situation, compared with other deals, and the key of its vector."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A passage with the keys of its vectors."""

    chunk: Chunk
    body_key: str
    head_key: str


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with everything stored along with it."""

    entry: Entry
    chunks: Sequence[StoredChunk]
    labels: Sequence[str]  # other spellings of its labels, indexed as keywords
    problems: Sequence[Problem]
    state: str
    situation: Sequence[StoredSituation] = ()


def replace_entries(connection: Connection, keywords: KeywordIndex, entries: Iterable[StoredEntry]) -> None:
    """Write entries, replacing those with the same path or id."""
    terms: dict[int, list[PassageTerms]] = {}  # by entry; written together, which takes a fraction of the time
    for stored in entries:
        of = {"path": stored.entry.path, "id": stored.entry.id}
        gone = connection.scalars(_OF_PATH_OR_ID, of).all()
        delete_entries(connection, keywords, gone)
        for number in gone:
            terms.pop(number, None)
        number = _insert_entry(connection, stored.entry, stored.state)
        terms[number] = _insert_parts(connection, number, stored)
    keywords.add(connection, [passage for passages in terms.values() for passage in passages])


def _insert_parts(connection: Connection, number: int, stored: StoredEntry) -> list[PassageTerms]:
    """Write what belongs to an entry, and return the terms of its passages."""
    set_problems(connection, stored.entry.path, stored.problems)
    terms = _insert_chunks(connection, number, stored)
    parts = [
        {"entry": number, "part": place, "terms": _terms(words(part.text)), "text": part.text, "key": part.key}
        for place, part in enumerate(stored.situation)
    ]
    if parts:
        connection.execute(_INSERT[SITUATIONS], parts)
    return terms


def delete_entries(connection: Connection, keywords: KeywordIndex, numbers: Collection[int]) -> None:
    """Delete entries with everything stored along with them."""
    if numbers:
        keywords.forget(connection, list(numbers))
        connection.execute(_DELETE_ENTRY, [{"entry": number} for number in numbers])


def set_problems(connection: Connection, path: str, problems: Iterable[Problem]) -> None:
    """Replace the problems of a path."""
    connection.execute(_DELETE_PROBLEMS, {"of_path": path})
    rows = [{"path": p.path, "line": p.line, "message": to_json(p.message)} for p in problems]
    if rows:
        connection.execute(_INSERT[PROBLEMS], rows)


def problems(connection: Connection) -> list[Problem]:
    """Return all problems, by path and line."""
    rows = connection.execute(select(PROBLEMS).order_by(PROBLEMS.c.path, PROBLEMS.c.line))
    return [Problem(path, line, from_json(message)) for path, line, message in rows]


def rename_entry(connection: Connection, number: int, before: str, entry: Entry) -> None:
    """Give a stored entry, here without its body, another id than `before`."""
    row = {"id": entry.id, "named": _flat(*_named(entry)), "document": to_document(entry)}
    connection.execute(update(ENTRIES).where(ENTRIES.c.number == number).values(row))
    connection.execute(delete(NAMES).where(NAMES.c.entry == number))
    connection.execute(_INSERT[NAMES], _name_rows(number, entry))
    place = func.substr(CHUNKS.c.id, len(before) + 1)
    connection.execute(update(CHUNKS).where(CHUNKS.c.entry == number).values(id=entry.id + place))


def set_meta(connection: Connection, key: str, value: str) -> None:
    """Store a value."""
    connection.execute(_SET_META, {"key": key, "value": value})


def touch(connection: Connection) -> None:
    """Bump the generation, so that other processes notice the change."""
    connection.execute(_TOUCH)


def _insert_entry(connection: Connection, entry: Entry, state: str) -> int:
    row = {
        "id": entry.id,
        "path": entry.path,
        "state": state,
        "title": entry.title,
        "sort_date": entry.sort_date,
        "status": entry.status,
        "review_by": entry.review_by.isoformat() if entry.review_by else "",
        "verified_on": entry.verified_on.isoformat() if entry.verified_on else "",
        "named": _flat(*_named(entry)),
        "document": storable(connection, to_document(entry)),
        "body": entry.body,
    }
    key = connection.execute(_INSERT[ENTRIES], row).inserted_primary_key
    number = int(key[0]) if key else 0
    facets = [{"entry": number, "field": f, "value": v} for f, values in entry.facet_values().items() for v in values]
    names = _name_rows(number, entry)
    audiences = [{"entry": number, "name": name} for name in entry.audiences]
    links = [{"entry": number, "relation": relation, "target": target} for relation, target in entry.links()]
    for table, rows in ((AUDIENCES, audiences), (FACET_VALUES, facets), (NAMES, names), (LINKS, links)):
        if rows:
            connection.execute(_INSERT[table], rows)
    return number


def _name_rows(number: int, entry: Entry) -> list[dict[str, object]]:
    return [{"entry": number, "name": name} for name in sorted(_names(entry))]


def _insert_chunks(connection: Connection, number: int, stored: StoredEntry) -> list[PassageTerms]:
    if not stored.chunks:
        return []
    title = _terms(words(title_of(stored.entry)))
    tags = _terms(words("\n".join(tags_of(stored.entry, stored.labels))))
    rows, keywords = [], []
    for kept in stored.chunks:
        text = plain(kept.chunk.text)
        found = list(words(text))
        rows.append(_chunk_row(number, kept, text, found))
        heading = _terms(words(" › ".join(headings_of(stored.entry, kept.chunk.headings))))
        keywords.append((title, heading, tags, _terms(found)))
    connection.execute(_INSERT[CHUNKS], rows)
    numbers = connection.scalars(_CHUNKS_OF, {"entry": number})
    return [PassageTerms(n, *terms) for n, terms in zip(numbers, keywords, strict=True)]


def _chunk_row(number: int, kept: StoredChunk, text: str, found: Sequence[Word]) -> dict[str, object]:
    chunk = kept.chunk
    return {
        "id": chunk.id,
        "entry": number,
        "headings": json.dumps(chunk.headings, ensure_ascii=False),
        "text": chunk.text,
        "plain": text,
        "flat": _flat(*chunk.headings, text, *([chunk.text] if "](" in chunk.text else [])),  # targets of links, too
        "words": json.dumps(found, ensure_ascii=False),
        "line_start": chunk.line_start,
        "line_end": chunk.line_end,
        "body_key": kept.body_key,
        "head_key": kept.head_key,
    }


def _terms(found: Iterable[Word]) -> str:
    return " ".join(word.term for word in found)


def _flat(*texts: str) -> str:
    """Return texts as phrases are compared; none continues in the next."""
    return "¦".join(map(flat, texts))


def _named(entry: Entry) -> list[str]:
    """Return the values searched for phrases, besides headings and text."""
    if entry.is_meeting:
        return []
    names = (field.name for field in FIELDS if field.is_name or (field.is_keyword and field.facet))
    return [text for name in names for text in entry.values(name)]


def _names(entry: Entry) -> set[str]:
    named = [entry.id.rsplit("/", 1)[-1], *(n for field in FIELDS if field.is_name for n in entry.values(field.name))]
    folded = {fold(name).strip() for name in named} | {short_name(fold(name)) for name in entry.values("customer")}
    codes = [code for name in folded if (code := _CODE.fullmatch(name))]
    spelled = {between.join(code.groups()) for code in codes for between in ("", "-", " ")}
    return {name for name in folded | spelled if len(name) > 1}


def short_name(name: str) -> str:
    """Return a folded customer as people say it: without legal form and without what stands in brackets behind it."""
    return _LEGAL_FORM.sub("", _BRACKETS.sub("", name)).strip()
