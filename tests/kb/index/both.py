"""The same entries in the catalogue of a file and in that of a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, NullPool, create_engine, select, text

from kb.entry import Chunk, Entry, Status
from kb.index import records
from kb.index.catalog import Catalog, keyword_index
from kb.index.keywords import KeywordIndex, Weighed
from kb.index.records import StoredChunk, StoredEntry
from kb.index.schema import CHUNKS, ENTRIES, METADATA


@dataclass(frozen=True, slots=True)
class Base:
    """A catalogue as far as keywords need one."""

    engine: Engine
    keywords: KeywordIndex

    def write(self, entries: Sequence[StoredEntry]) -> None:
        """Write entries in one transaction, replacing those with the same path or id."""
        with self.engine.begin() as connection:
            records.replace_entries(connection, self.keywords, entries)

    def delete(self, path: str) -> None:
        """Delete the entry of a path."""
        with self.engine.begin() as connection:
            numbers = connection.scalars(select(ENTRIES.c.number).where(ENTRIES.c.path == path)).all()
            records.delete_entries(connection, self.keywords, numbers)

    def names(self) -> dict[int, str]:
        """Return the id of each passage by its number."""
        with self.engine.connect() as connection:
            return {number: name for number, name in connection.execute(select(CHUNKS.c.number, CHUNKS.c.id))}


@contextmanager
def embedded(folder: Path) -> Iterator[Base]:
    """Return a base in a file."""
    catalog = Catalog.in_file(folder / "catalog.sqlite")
    yield Base(catalog.engine, catalog.keywords)
    catalog.close()


@contextmanager
def served(address: str, schema: str = "build_1") -> Iterator[Base]:
    """Return a base in a schema of a database."""
    engine = create_engine(address, poolclass=NullPool, connect_args={"options": f"-c search_path={schema}"})
    keywords = keyword_index(engine)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        METADATA.create_all(connection)
        keywords.create(connection)
    yield Base(engine, keywords)
    engine.dispose()


def stored(
    name: str, *passages: str, title: str = "", status: Status = "published", tags: Sequence[str] = ()
) -> StoredEntry:
    """Return an entry with some passages."""
    entry = Entry(
        id=name,
        path=f"{name}.md",
        title=title or name,
        kind="note",
        body="",
        body_line=1,
        language="ja",
        content_hash="",
        status=status,
        tag=tuple(tags),
    )
    chunks = [
        StoredChunk(Chunk(f"{name}#{at}", entry.id, ("要点",), body, at, at), f"b{name}{at}", f"h{name}{at}")
        for at, body in enumerate(passages, 1)
    ]
    return StoredEntry(entry, chunks, (), (), "state")


def words(terms: Iterable[str] | Mapping[str, float]) -> list[Weighed]:
    """Return terms as words of one spelling, with the idf given or 1."""
    of_term = terms if isinstance(terms, Mapping) else dict.fromkeys(terms, 1.0)
    return [((((term,), idf),),) for term, idf in of_term.items()]
