"""The catalogue: entries, passages, facets and problems in SQLite. How an entry is written, `records` knows.

The catalogue decides what the index holds. A vector or a keyword row no passage names is not an answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import create_engine, func, select, text

from kb.entry import Entry, Problem
from kb.index import records
from kb.index.documents import from_document
from kb.index.records import StoredEntry, Words
from kb.index.schema import (
    CHUNKS,
    CHUNKS_BY_BODY,
    ENTRIES,
    KEYWORDS_SQL,
    LINKS,
    META,
    METADATA,
    PROBLEMS,
    SITUATIONS,
    VOCABULARY_SQL,
    use_wal,
)
from kb.wording import from_json

T = TypeVar("T")
AT_ONCE = 500  # parameters in one statement


class Catalog:
    """One SQLite file. Reading is safe from any thread; one process at a time writes."""

    def __init__(self, path: Path, words: Words) -> None:
        """Open or make the file; `words` cuts a text into keywords."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.engine = create_engine(f"sqlite:///{path}")
        self._words = words
        use_wal(self.engine)
        METADATA.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.execute(text(KEYWORDS_SQL))
            connection.execute(text(VOCABULARY_SQL))
            CHUNKS_BY_BODY.create(connection, checkfirst=True)

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
            records.set_meta(connection, key, value)

    def states(self) -> dict[str, tuple[str, str]]:
        """Return (id, state) by path of every entry."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(ENTRIES.c.path, ENTRIES.c.id, ENTRIES.c.state)).all()
            return {path: (entry_id, state) for path, entry_id, state in rows}

    def replace(self, entries: Sequence[StoredEntry]) -> None:
        """Write entries with all that hangs on them, all at once; what their paths or ids held before is gone."""
        with self.engine.begin() as connection:
            for stored in entries:
                records.replace_entry(connection, stored, self._words)
            records.touch(connection)

    def remove(self, path: str, problems: Iterable[Problem] = ()) -> None:
        """Forget the entry of a path; `problems` say why when its file is still there."""
        with self.engine.begin() as connection:
            for number in connection.scalars(select(ENTRIES.c.number).where(ENTRIES.c.path == path)).all():
                records.forget(connection, number)
            records.set_problems(connection, path, problems)
            records.touch(connection)

    def touch(self) -> None:
        """Count a change that is none of entries, so that whoever reads the index reads it again."""
        with self.engine.begin() as connection:
            records.touch(connection)

    def set_problems(self, by_path: Mapping[str, Sequence[Problem]]) -> None:
        """Replace the problems of paths."""
        with self.engine.begin() as connection:
            for path, problems in by_path.items():
                records.set_problems(connection, path, problems)

    def problems(self) -> list[Problem]:
        """Return every known problem by path and line."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(PROBLEMS).order_by(PROBLEMS.c.path, PROBLEMS.c.line))
            return [Problem(path, line, from_json(message)) for path, line, message in rows]

    def vector_keys(self) -> dict[str, set[str]]:
        """Return the keys of the vectors the index needs, by view."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(CHUNKS.c.body_key, CHUNKS.c.head_key)).all()
            situations = set(connection.scalars(select(SITUATIONS.c.key)).all())
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
        query = select(ENTRIES.c.document, ENTRIES.c.body)
        with self.engine.connect() as connection:
            groups = [query] if ids is None else [query.where(ENTRIES.c.id.in_(some)) for some in in_groups(list(ids))]
            found = [from_document(*row) for group in groups for row in connection.execute(group)]
        return {entry.id: entry for entry in found}

    def links(self) -> list[tuple[str, str, str, str]]:
        """Return (path, id, relation, target) of every link between entries."""
        joined = select(ENTRIES.c.path, ENTRIES.c.id, LINKS.c.relation, LINKS.c.target).join(
            ENTRIES, ENTRIES.c.number == LINKS.c.entry
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(joined).all()]

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


def in_groups(keys: Sequence[T]) -> Iterable[Sequence[T]]:
    """Yield slices small enough for the parameters of one statement."""
    return (keys[at : at + AT_ONCE] for at in range(0, len(keys), AT_ONCE))
