"""Write entries to the tables of the catalogue: row, facets, names, links, passages and keywords."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, text, update

from kb.entry import Chunk, Entry, Problem
from kb.fields import FIELDS
from kb.index.analysis import Word, flat, fold, words
from kb.index.dialect import Listing, storable
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
_CHUNKS_OF = Listing("SELECT number FROM chunks WHERE entry {one_of_listed} ORDER BY number")
_OF_PATH_OR_ID = Listing("SELECT number, path, id FROM entries WHERE path {one_of_listed} OR id {one_of_listed}")
_OF_ID = Listing("SELECT id, number FROM entries WHERE id {one_of_listed}")
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


Row = dict[str, object]


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


def replace_entries(connection: Connection, keywords: KeywordIndex, entries: Sequence[StoredEntry]) -> None:
    """Write entries, replacing those with the same path or id: rows of a table together, since statements cost most."""
    kept = _latest(entries)
    paths, ids = {stored.entry.path for stored in kept}, {stored.entry.id for stored in kept}
    same = _OF_PATH_OR_ID.rows(connection, [*paths, *ids])
    delete_entries(connection, keywords, [number for number, path, name in same if path in paths or name in ids])
    set_problems(connection, {stored.entry.path: stored.problems for stored in entries})
    _insert(connection, ENTRIES, [_entry_row(connection, stored) for stored in kept])
    numbers = dict(_OF_ID.rows(connection, [*ids]))
    written = [(numbers[stored.entry.id], stored) for stored in kept]
    for table, rows in _PARTS.items():
        _insert(connection, table, [row for number, stored in written for row in rows(number, stored)])
    keywords.add(connection, _insert_chunks(connection, written))


def _latest(entries: Sequence[StoredEntry]) -> list[StoredEntry]:
    """Return those that are not replaced by a later one."""
    paths, ids, kept = set[str](), set[str](), list[StoredEntry]()
    for stored in reversed(entries):
        if stored.entry.path not in paths and stored.entry.id not in ids:
            kept.append(stored)
        paths.add(stored.entry.path)
        ids.add(stored.entry.id)
    return kept[::-1]


def delete_entries(connection: Connection, keywords: KeywordIndex, numbers: Collection[int]) -> None:
    """Delete entries with everything stored along with them."""
    if numbers:
        keywords.forget(connection, list(numbers))
        connection.execute(_DELETE_ENTRY, [{"entry": number} for number in numbers])


def set_problems(connection: Connection, by_path: Mapping[str, Iterable[Problem]]) -> None:
    """Replace the problems of each path."""
    if by_path:
        connection.execute(_DELETE_PROBLEMS, [{"of_path": path} for path in by_path])
    every = [problem for some in by_path.values() for problem in some]
    _insert(connection, PROBLEMS, [{"path": p.path, "line": p.line, "message": to_json(p.message)} for p in every])


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


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(_INSERT[table], rows)


def _entry_row(connection: Connection, stored: StoredEntry) -> Row:
    entry = stored.entry
    return {
        "id": entry.id,
        "path": entry.path,
        "state": stored.state,
        "title": entry.title,
        "sort_date": entry.sort_date,
        "status": entry.status,
        "review_by": entry.review_by.isoformat() if entry.review_by else "",
        "verified_on": entry.verified_on.isoformat() if entry.verified_on else "",
        "named": _flat(*_named(entry)),
        "document": storable(connection, to_document(entry)),
        "body": entry.body,
    }


def _audience_rows(number: int, stored: StoredEntry) -> list[Row]:
    return [{"entry": number, "name": name} for name in stored.entry.audiences]


def _facet_rows(number: int, stored: StoredEntry) -> list[Row]:
    facets = stored.entry.facet_values().items()
    return [{"entry": number, "field": field, "value": value} for field, values in facets for value in values]


def _name_rows(number: int, entry: Entry) -> list[Row]:
    return [{"entry": number, "name": name} for name in sorted(_names(entry))]


def _link_rows(number: int, stored: StoredEntry) -> list[Row]:
    return [{"entry": number, "relation": relation, "target": target} for relation, target in stored.entry.links()]


def _situation_rows(number: int, stored: StoredEntry) -> list[Row]:
    return [
        {"entry": number, "part": place, "terms": _terms(words(part.text)), "text": part.text, "key": part.key}
        for place, part in enumerate(stored.situation)
    ]


_PARTS: Mapping[Table, Callable[[int, StoredEntry], list[Row]]] = {
    AUDIENCES: _audience_rows,
    FACET_VALUES: _facet_rows,
    NAMES: lambda number, stored: _name_rows(number, stored.entry),
    LINKS: _link_rows,
    SITUATIONS: _situation_rows,
}


def _insert_chunks(connection: Connection, written: Sequence[tuple[int, StoredEntry]]) -> list[PassageTerms]:
    """Write the passages of entries, and return their terms."""
    rows, keywords = list[Row](), list[tuple[str, str, str, str]]()
    for number, stored in written:
        title = _terms(words(title_of(stored.entry)))
        tags = _terms(words("\n".join(tags_of(stored.entry, stored.labels))))
        for kept in stored.chunks:
            text = plain(kept.chunk.text)
            found = list(words(text))
            rows.append(_chunk_row(number, kept, text, found))
            heading = _terms(words(" › ".join(headings_of(stored.entry, kept.chunk.headings))))
            keywords.append((title, heading, tags, _terms(found)))
    _insert(connection, CHUNKS, rows)
    numbers = _CHUNKS_OF.rows(connection, [number for number, _ in written])
    return [PassageTerms(number, *terms) for (number,), terms in zip(numbers, keywords, strict=True)]


def _chunk_row(number: int, kept: StoredChunk, text: str, found: Sequence[Word]) -> Row:
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
