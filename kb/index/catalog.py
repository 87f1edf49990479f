"""The catalogue: entries, passages, facets and problems in SQL. Entries are written by `records`.

The catalogue is authoritative: vectors and keyword rows without a passage are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, bindparam, create_engine, delete, func, select, text, update

from kb.entry import Entry, Problem
from kb.index import records
from kb.index.dialect import SQLITE
from kb.index.documents import from_document
from kb.index.fts5_keywords import Fts5Keywords
from kb.index.keywords import KeywordIndex
from kb.index.postings import Postings
from kb.index.records import StoredEntry
from kb.index.schema import (
    AUDIENCES,
    CHUNKS,
    CHUNKS_BY_BODY,
    ENTRIES,
    LINKS,
    META,
    METADATA,
    PROBLEMS,
    SITUATIONS,
    WITHHELD,
)
from kb.sqlite import use_wal
from kb.wording import from_json

T = TypeVar("T")
AT_ONCE = 500  # parameters per statement
# Built once: building a statement takes longer than running it.
_ALL = select(ENTRIES.c.document, ENTRIES.c.body)
_WITHHOLD = text(
    "INSERT INTO withheld (path, state) VALUES (:path, :state) ON CONFLICT (path) DO UPDATE SET state = excluded.state"
)
_SOME = _ALL.where(ENTRIES.c.id.in_(bindparam("ids", expanding=True)))


class Catalog:
    """The tables of one index. Reads are thread-safe; one process at a time writes."""

    def __init__(self, engine: Engine, check: Callable[[Connection], None] = lambda _connection: None) -> None:
        """Take where the tables are, and what raises an error at the end of a transaction that must not be written."""
        is_file = engine.dialect.name == SQLITE
        self.engine = engine if is_file else engine.execution_options(isolation_level="AUTOCOMMIT")  # for reading
        self._engine = engine
        self._check = check
        self.keywords = keyword_index(self.engine)

    @classmethod
    def in_file(cls, path: Path) -> Catalog:
        """Open or create an SQLite file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(f"sqlite:///{path}")
        use_wal(engine)
        METADATA.create_all(engine)
        catalog = cls(engine)
        with engine.begin() as connection:
            catalog.keywords.create(connection)
            CHUNKS_BY_BODY.create(connection, checkfirst=True)
        return catalog

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Write something in one transaction."""
        with self._engine.begin() as connection:
            yield connection
            self._check(connection)

    @contextmanager
    def streaming(self) -> Iterator[Connection]:
        """Read more rows than should be in memory at once, which PostgreSQL does in a transaction."""
        with self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def meta(self, key: str) -> str:
        """Return a stored value, empty if there is none."""
        with self.engine.connect() as connection:
            return connection.scalar(select(META.c.value).where(META.c.key == key)) or ""

    def set_meta(self, key: str, value: str) -> None:
        """Store a value."""
        with self.writing() as connection:
            records.set_meta(connection, key, value)

    def states(self, paths: Collection[str] | None = None) -> dict[str, tuple[str, str]]:
        """Return (id, state) by path of every entry, or of those at some paths."""
        every = select(ENTRIES.c.path, ENTRIES.c.id, ENTRIES.c.state)
        groups = [every] if paths is None else [every.where(ENTRIES.c.path.in_(some)) for some in in_groups([*paths])]
        with self.engine.connect() as connection:
            rows = [row for group in groups for row in connection.execute(group)]
        return {path: (entry_id, state) for path, entry_id, state in rows}

    def replace(self, entries: Sequence[StoredEntry]) -> None:
        """Write entries in one transaction, replacing those with the same path or id."""
        with self.writing() as connection:
            records.replace_entries(connection, self.keywords, entries)
            records.touch(connection)

    def remove(self, path: str, problems: Iterable[Problem] = ()) -> None:
        """Delete the entry of a path; `problems` say why if its file still exists."""
        with self.writing() as connection:
            numbers = connection.scalars(select(ENTRIES.c.number).where(ENTRIES.c.path == path)).all()
            records.delete_entries(connection, self.keywords, numbers)
            records.set_problems(connection, {path: problems})
            records.touch(connection)

    def keep(self, path: str, problems: Iterable[Problem]) -> None:
        """Keep the entry of a file that cannot be read now; it is read again as soon as it can be."""
        with self.writing() as connection:
            connection.execute(update(ENTRIES).where(ENTRIES.c.path == path).values(state=""))
            records.set_problems(connection, {path: problems})

    def visibilities(self) -> frozenset[str]:
        """Return the audiences that entries have."""
        with self.engine.connect() as connection:
            return frozenset(connection.scalars(select(AUDIENCES.c.name).distinct()))

    def withheld(self) -> dict[str, str]:
        """Return the state by path of every file left out because of its visibility."""
        with self.engine.connect() as connection:
            return {path: state for path, state in connection.execute(select(WITHHELD.c.path, WITHHELD.c.state))}

    def withhold(self, path: str, state: str) -> None:
        """Remember that a file is left out."""
        with self.writing() as connection:
            connection.execute(_WITHHOLD, {"path": path, "state": state})

    def forget_withheld(self, paths: Iterable[str]) -> None:
        """Forget files that are gone."""
        with self.writing() as connection:
            for some in in_groups(list(paths)):
                connection.execute(delete(WITHHELD).where(WITHHELD.c.path.in_(some)))

    def touch(self) -> None:
        """Bump the generation without changing entries, so that readers reload."""
        with self.writing() as connection:
            records.touch(connection)

    def set_problems(self, by_path: Mapping[str, Sequence[Problem]]) -> None:
        """Replace the problems of each path."""
        with self.writing() as connection:
            records.set_problems(connection, by_path)

    def problems(self) -> list[Problem]:
        """Return all problems, by path and line."""
        with self.engine.connect() as connection:
            return records.problems(connection)

    def problems_of(self, path: str) -> list[Problem]:
        """Return the problems of one file, by line."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(PROBLEMS).where(PROBLEMS.c.path == path).order_by(PROBLEMS.c.line))
            return [Problem(path, line, from_json(message)) for path, line, message in rows]

    def vector_keys(self) -> dict[str, set[str]]:
        """Return the keys of the vectors the index needs, by view."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(CHUNKS.c.body_key, CHUNKS.c.head_key)).all()
            situations = set(connection.scalars(select(SITUATIONS.c.key)).all())
        return {"bodies": {row[0] for row in rows}, "heads": {row[1] for row in rows}, "situations": situations}

    def body_keys(self) -> list[str]:
        """Return the vector keys of the passages' texts, the newest passage first."""
        with self.engine.connect() as connection:
            keys = connection.scalars(select(CHUNKS.c.body_key).order_by(CHUNKS.c.number.desc()))
            return list(dict.fromkeys(keys))

    def situations_of(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the texts of situation vectors by key, to embed them again."""
        columns = (SITUATIONS.c.key, SITUATIONS.c.text)
        with self.engine.connect() as connection:
            groups = (select(*columns).where(SITUATIONS.c.key.in_(some)) for some in in_groups(list(keys)))
            return {key: part for group in groups for key, part in connection.execute(group)}

    def texts_of(self, view: str, keys: Iterable[str]) -> dict[str, tuple[Entry, Sequence[str], str]]:
        """Return (entry, headings, text) of one passage per vector key, to embed it again."""
        column = CHUNKS.c.body_key if view == "bodies" else CHUNKS.c.head_key
        joined = select(column, ENTRIES.c.document, CHUNKS.c.headings, CHUNKS.c.text).join(
            ENTRIES, ENTRIES.c.number == CHUNKS.c.entry
        )
        found: dict[str, tuple[Entry, Sequence[str], str]] = {}
        with self.engine.connect() as connection:
            for some in in_groups(list(keys)):
                for key, document, headings, body in connection.execute(joined.where(column.in_(some))):
                    found[key] = (from_document(document), tuple(json.loads(headings)), body)
        return found

    def entries(self, ids: Sequence[str] | None = None) -> dict[str, Entry]:
        """Return entries by id: the given ones, or all."""
        groups = [(_ALL, {})] if ids is None else [(_SOME, {"ids": some}) for some in in_groups(list(ids))]
        if not groups:
            return {}
        with self.engine.connect() as connection:
            found = [from_document(*row) for query, values in groups for row in connection.execute(query, values).all()]
        return {entry.id: entry for entry in found}

    def links(self) -> list[tuple[str, str, str, str]]:
        """Return (path, id, relation, target) of every link between entries."""
        joined = select(ENTRIES.c.path, ENTRIES.c.id, LINKS.c.relation, LINKS.c.target).join(
            ENTRIES, ENTRIES.c.number == LINKS.c.entry
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(joined).all()]

    def links_of(self, entry_id: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Return (relation, other id) of an entry's outgoing and incoming links."""
        joined = select(LINKS.c.relation, LINKS.c.target, ENTRIES.c.id).join(ENTRIES, ENTRIES.c.number == LINKS.c.entry)
        with self.engine.connect() as connection:
            out = connection.execute(joined.where(ENTRIES.c.id == entry_id)).all()
            back = connection.execute(joined.where(LINKS.c.target == entry_id)).all()
        return [(row[0], row[1]) for row in out], [(row[0], row[2]) for row in back]

    def has_entries(self) -> bool:
        """Whether there is any entry."""
        with self.engine.connect() as connection:
            return connection.scalar(select(ENTRIES.c.number).limit(1)) is not None

    def counts(self) -> dict[str, int]:
        """Return the number of entries, chunks and problems."""
        with self.engine.connect() as connection:
            tables = {"entries": ENTRIES, "chunks": CHUNKS, "problems": PROBLEMS}
            return {
                name: connection.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()
            }


def keyword_index(engine: Engine) -> KeywordIndex:
    """Return the keyword index of a catalogue."""
    return Fts5Keywords(engine) if engine.dialect.name == "sqlite" else Postings(engine)


def in_groups(keys: Sequence[T]) -> Iterable[Sequence[T]]:
    """Yield slices that fit the parameter limit of one statement."""
    return (keys[at : at + AT_ONCE] for at in range(0, len(keys), AT_ONCE))
