"""The catalogue: entries, passages, facets and problems in SQLite, written one entry a transaction.

The catalogue decides what the index holds. A vector or a keyword row no passage names is not an answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, create_engine, delete, func, insert, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from kb.entry import Chunk, Entry, Problem
from kb.index.analysis import Word, fold, with_parts
from kb.index.documents import from_document, to_document
from kb.index.plain import plain
from kb.index.schema import (
    CHUNKS,
    ENTRIES,
    FACET_VALUES,
    KEYWORDS_SQL,
    LINKS,
    META,
    METADATA,
    NAMES,
    PROBLEMS,
    SITUATIONS,
    VOCABULARY_SQL,
    use_wal,
)
from kb.wording import from_json, to_json

T = TypeVar("T")
AT_ONCE = 500  # parameters in one statement


@dataclass(frozen=True, slots=True)
class StoredSituation:
    """A part of what is told of a deal and compared with other deals, and the key of its vector."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A passage with its vectors' keys, as the catalogue keeps it."""

    chunk: Chunk
    body_key: str
    head_key: str


class Catalog:
    """One SQLite file. Reading is safe from any thread; one process at a time writes."""

    def __init__(self, path: Path, words: Callable[[str], Iterable[Word]]) -> None:
        """Open or make the file; `words` cuts a text into keywords."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.engine = create_engine(f"sqlite:///{path}")
        self._words = words
        use_wal(self.engine)
        METADATA.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.execute(text(KEYWORDS_SQL))
            connection.execute(text(VOCABULARY_SQL))

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    def meta(self, key: str) -> str:
        """Return a remembered value, empty when there is none."""
        with self.engine.connect() as connection:
            return connection.scalar(select(META.c.value).where(META.c.key == key)) or ""

    def set_meta(self, key: str, value: str) -> None:
        """Remember a value."""
        with self.engine.begin() as connection:
            _set_meta(connection, key, value)

    def states(self) -> dict[str, tuple[str, str]]:
        """Return (id, state) by path of every entry."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(ENTRIES.c.path, ENTRIES.c.id, ENTRIES.c.state))
            return {path: (entry_id, state) for path, entry_id, state in rows}

    def replace(
        self,
        entry: Entry,
        chunks: Sequence[StoredChunk],
        labels: Sequence[str],
        problems: Iterable[Problem],
        state: str,
        situation: Sequence[StoredSituation] = (),
    ) -> None:
        """Write one entry with all that hangs on it, at once; what its path or id held before is gone."""
        with self.engine.begin() as connection:
            _forget(connection, (ENTRIES.c.path == entry.path) | (ENTRIES.c.id == entry.id))
            _set_problems(connection, entry.path, problems)
            number = _insert_entry(connection, entry, state)
            self._insert_chunks(connection, number, entry, chunks, labels)
            parts = [
                {"entry": number, "part": place, "terms": self._joined(part.text), **asdict(part)}
                for place, part in enumerate(situation)
            ]
            if parts:
                connection.execute(insert(SITUATIONS), parts)
            _touch(connection)

    def remove(self, path: str, problems: Iterable[Problem] = ()) -> None:
        """Forget the entry of a path; `problems` say why when its file is still there."""
        with self.engine.begin() as connection:
            _forget(connection, ENTRIES.c.path == path)
            _set_problems(connection, path, problems)
            _touch(connection)

    def set_problems(self, by_path: Mapping[str, Sequence[Problem]]) -> None:
        """Replace the problems of paths."""
        with self.engine.begin() as connection:
            for path, problems in by_path.items():
                _set_problems(connection, path, problems)

    def problems(self) -> list[Problem]:
        """Return every known problem by path and line."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(PROBLEMS).order_by(PROBLEMS.c.path, PROBLEMS.c.line))
            return [Problem(path, line, from_json(message)) for path, line, message in rows]

    def vector_keys(self) -> dict[str, set[str]]:
        """Return the keys of the vectors the index needs, by view."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(CHUNKS.c.body_key, CHUNKS.c.head_key)).all()
            situations = set(connection.scalars(select(SITUATIONS.c.key)))
        return {"bodies": {row[0] for row in rows}, "heads": {row[1] for row in rows}, "situations": situations}

    def situations_of(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the text behind the keys of situations' vectors, to embed it again."""
        columns = (SITUATIONS.c.key, SITUATIONS.c.text)
        with self.engine.connect() as connection:
            groups = (select(*columns).where(SITUATIONS.c.key.in_(some)) for some in in_groups(list(keys)))
            return {key: told for group in groups for key, told in connection.execute(group)}

    def texts_of(self, view: str, keys: Iterable[str]) -> dict[str, tuple[str, Sequence[str], str]]:
        """Return (entry title, headings, text) of one passage for each vector key, to embed it again."""
        column = CHUNKS.c.body_key if view == "bodies" else CHUNKS.c.head_key
        joined = select(column, ENTRIES.c.title, CHUNKS.c.headings, CHUNKS.c.text).join(
            ENTRIES, ENTRIES.c.number == CHUNKS.c.entry
        )
        found: dict[str, tuple[str, Sequence[str], str]] = {}
        with self.engine.connect() as connection:
            for some in in_groups(list(keys)):
                for key, title, headings, body in connection.execute(joined.where(column.in_(some))):
                    found[key] = (title, tuple(json.loads(headings)), body)
        return found

    def entries(self, ids: Sequence[str] | None = None) -> dict[str, Entry]:
        """Return entries by id: those named, or all."""
        query = select(ENTRIES.c.document)
        with self.engine.connect() as connection:
            groups = [query] if ids is None else [query.where(ENTRIES.c.id.in_(some)) for some in in_groups(list(ids))]
            documents = [row[0] for group in groups for row in connection.execute(group)]
        return {entry.id: entry for entry in map(from_document, documents)}

    def links(self) -> list[tuple[str, str, str, str]]:
        """Return (path, id, relation, target) of every link between entries."""
        joined = select(ENTRIES.c.path, ENTRIES.c.id, LINKS.c.relation, LINKS.c.target).join(
            ENTRIES, ENTRIES.c.number == LINKS.c.entry
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(joined)]

    def links_of(self, entry_id: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Return (relation, other id) of the links an entry makes, and of those made to it."""
        joined = select(LINKS.c.relation, LINKS.c.target, ENTRIES.c.id).join(ENTRIES, ENTRIES.c.number == LINKS.c.entry)
        with self.engine.connect() as connection:
            out = connection.execute(joined.where(ENTRIES.c.id == entry_id)).all()
            back = connection.execute(joined.where(LINKS.c.target == entry_id)).all()
        return [(row[0], row[1]) for row in out], [(row[0], row[2]) for row in back]

    def counts(self) -> dict[str, int]:
        """Return the number of entries, chunks and problems."""
        with self.engine.connect() as connection:
            tables = {"entries": ENTRIES, "chunks": CHUNKS, "problems": PROBLEMS}
            return {
                name: connection.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()
            }

    def _insert_chunks(
        self,
        connection: Connection,
        number: int,
        entry: Entry,
        chunks: Sequence[StoredChunk],
        labels: Sequence[str],
    ) -> None:
        title, tags = self._joined(entry.title), self._joined("\n".join([*_tag_words(entry), *labels]))
        for stored in chunks:
            chunk = stored.chunk
            shown = plain(chunk.text)
            found = list(self._words(shown))
            row = {
                "id": chunk.id,
                "entry": number,
                "headings": json.dumps(chunk.headings, ensure_ascii=False),
                "text": chunk.text,
                "plain": shown,
                "words": json.dumps(found, ensure_ascii=False),
                "line_start": chunk.line_start,
                "line_end": chunk.line_end,
                "body_key": stored.body_key,
                "head_key": stored.head_key,
            }
            rowid = connection.execute(insert(CHUNKS).values(row)).inserted_primary_key
            terms = {
                "title": title,
                "heading": self._joined(chunk.heading),
                "tags": tags,
                "body": _terms(found),
            }
            statement = (
                "INSERT INTO keywords(rowid, title, heading, tags, body) VALUES (:n, :title, :heading, :tags, :body)"
            )
            connection.execute(text(statement), {"n": rowid[0] if rowid else None, **terms})

    def _joined(self, words: str) -> str:
        return _terms(self._words(words))


def _terms(words: Iterable[Word]) -> str:
    return " ".join(part for word in words for part in with_parts(word.term))


def in_groups(keys: Sequence[T]) -> Iterable[Sequence[T]]:
    """Yield slices small enough for the parameters of one statement."""
    return (keys[at : at + AT_ONCE] for at in range(0, len(keys), AT_ONCE))


def _tag_words(entry: Entry) -> list[str]:
    """Return what an entry is labelled with: found by keyword although it is not in the text."""
    named = [*entry.tags, *entry.industries, *entry.products, *entry.competitors, entry.owner]
    if entry.deal:
        named += [entry.deal.customer, entry.deal.crm_id, entry.deal.lead_source]
    if entry.talk_track:
        named += [entry.talk_track.objection, entry.talk_track.persona]
    if entry.campaign:
        named += [entry.campaign.channel, entry.campaign.audience]
    return [word for word in named if word]


def _names(entry: Entry) -> set[str]:
    named = [entry.id, entry.id.rsplit("/", 1)[-1], entry.title]
    if entry.deal:
        named += [entry.deal.customer, entry.deal.crm_id]
    return {fold(name).strip() for name in named if len(name.strip()) > 1}


def _insert_entry(connection: Connection, entry: Entry, state: str) -> int:
    row = {
        "id": entry.id,
        "path": entry.path,
        "state": state,
        "title": entry.title,
        "sort_date": entry.sort_date,
        "visibility": entry.visibility,
        "status": entry.status,
        "document": to_document(entry),
    }
    key = connection.execute(insert(ENTRIES).values(row)).inserted_primary_key
    number = int(key[0]) if key else 0
    facets = [{"entry": number, "field": f, "value": v} for f, values in entry.facet_values().items() for v in values]
    names = [{"entry": number, "name": name} for name in sorted(_names(entry))]
    links = [{"entry": number, "relation": relation, "target": target} for relation, target in entry.links()]
    for table, rows in ((FACET_VALUES, facets), (NAMES, names), (LINKS, links)):
        if rows:
            connection.execute(insert(table), rows)
    return number


def _forget(connection: Connection, which: object) -> None:
    numbers = connection.scalars(select(ENTRIES.c.number).where(which)).all()  # type: ignore[arg-type]
    for number in numbers:
        rows = select(CHUNKS.c.number).where(CHUNKS.c.entry == number)
        for rowid in connection.scalars(rows).all():
            connection.execute(text("DELETE FROM keywords WHERE rowid = :n"), {"n": rowid})
        connection.execute(delete(ENTRIES).where(ENTRIES.c.number == number))


def _set_problems(connection: Connection, path: str, problems: Iterable[Problem]) -> None:
    connection.execute(delete(PROBLEMS).where(PROBLEMS.c.path == path))
    rows = [{"path": p.path, "line": p.line, "message": to_json(p.message)} for p in problems]
    if rows:
        connection.execute(insert(PROBLEMS), rows)


def _set_meta(connection: Connection, key: str, value: str) -> None:
    row = upsert(META).values(key=key, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def _touch(connection: Connection) -> None:
    """Count a change, so that other processes notice."""
    now = connection.scalar(select(META.c.value).where(META.c.key == "generation"))
    _set_meta(connection, "generation", str(int(now or 0) + 1))
