"""A cache of every vector ever computed, so that no text is embedded twice.

The cache outlives the index: a rebuild, a moved file or a restored paragraph costs no embedding.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import Column, Connection, Engine, LargeBinary, MetaData, String, Table, create_engine, select, text

from kb.index.dialect import Listing
from kb.index.embedding import Vectors
from kb.index.sentences import pack, sentence_key
from kb.sqlite import use_wal

METADATA = MetaData()
_VECTORS = Table("vectors", METADATA, Column("key", String, primary_key=True), Column("vector", LargeBinary))
_SENTENCES = Table("sentences", METADATA, Column("key", String, primary_key=True), Column("vectors", LargeBinary))
READ_AT_ONCE = 10_000  # vectors
COPIED_AT_ONCE = 1_000
MOST_REMEMBERED = 16_000_000  # bytes of sentence vectors kept in memory: those of about 7,000 passages
_VECTORS_OF = Listing("SELECT key, vector FROM vectors WHERE key {one_of_listed}")
_KNOWN = Listing("SELECT key FROM vectors WHERE key {one_of_listed}")
_SENTENCES_OF = Listing("SELECT key, vectors FROM sentences WHERE key {one_of_listed}")
_ADD = text("INSERT INTO vectors (key, vector) VALUES (:key, :vector) ON CONFLICT DO NOTHING")
_ADD_SENTENCES = text("INSERT INTO sentences (key, vectors) VALUES (:key, :vectors) ON CONFLICT DO NOTHING")


def text_key(checksum: str, passage: str) -> str:
    """Return the key of a text's vector, which depends on model and text."""
    return hashlib.sha256(f"{checksum}\0{passage}".encode("utf-8", "replace")).hexdigest()[:40]


def create_tables(connection: Connection) -> None:
    """Create the tables of a cache where there are none."""
    METADATA.create_all(connection)


def _file(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}")
    use_wal(engine)
    METADATA.create_all(engine)
    return engine


class Remembered:
    """The sentence vectors read last, up to `most` bytes; a text's vectors never change. Thread-safe."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._kept: OrderedDict[str, bytes] = OrderedDict()  # the one used longest ago first
        self._size = 0
        self._lock = threading.Lock()

    def of(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Return the vectors that are known, by key."""
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        return found

    def add(self, vectors: Mapping[str, bytes]) -> None:
        """Remember vectors by key, and forget those used longest ago."""
        with self._lock:
            self._size += sum(len(some) for key, some in vectors.items() if key not in self._kept)
            self._kept |= vectors
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])


class EmbeddingCache:
    """Vectors by text key: in one SQLite file, or in tables of PostgreSQL."""

    def __init__(self, place: Path | Engine) -> None:
        """Open or create a file, or take where the tables are."""
        self._engine = place if isinstance(place, Engine) else _file(place)
        # Beginning and ending a transaction would be two round trips more to a database.
        self._reading = (
            self._engine.execution_options(isolation_level="AUTOCOMMIT") if place is self._engine else self._engine
        )
        self._remembered = Remembered()
        self.sentences_written = 0  # how often; an answer may change with each

    def read(self, keys: Iterable[str]) -> dict[str, Vectors]:
        """Return the cached vectors by key."""
        found, rows = self.rows(keys)
        return dict(zip(found, rows, strict=True))

    def rows(self, keys: Iterable[str]) -> tuple[list[str], Vectors]:
        """Return the keys that have a cached vector and, in the same order, the vectors as rows of one matrix."""
        wanted, found, parts = list(dict.fromkeys(keys)), [], []
        with self._reading.connect() as connection:
            for at in range(0, len(wanted), READ_AT_ONCE):
                some = _VECTORS_OF.rows(connection, wanted[at : at + READ_AT_ONCE])
                found += [key for key, _ in some]
                parts.append(np.frombuffer(b"".join(vector for _, vector in some), np.float32))
        if not found:
            return [], np.zeros((0, 0), np.float32)
        matrix = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return found, matrix.reshape(len(found), -1)

    def known(self, keys: Iterable[str]) -> set[str]:
        """Return the keys that have a cached vector."""
        wanted = list(dict.fromkeys(keys))
        with self._reading.connect() as connection:
            groups = (wanted[at : at + READ_AT_ONCE] for at in range(0, len(wanted), READ_AT_ONCE))
            return {row[0] for some in groups for row in _KNOWN.rows(connection, some)}

    def write(self, vectors: Mapping[str, Vectors]) -> None:
        """Store vectors permanently; existing ones are kept."""
        if not vectors:
            return
        rows = [{"key": key, "vector": vector.astype(np.float32).tobytes()} for key, vector in vectors.items()]
        with self._engine.begin() as connection:
            connection.execute(_ADD, rows)

    def sentences(self, body_keys: Iterable[str]) -> dict[str, bytes]:
        """Return the packed sentence vectors of passages by body key, of those that have them."""
        wanted = set(body_keys)
        known = self._remembered.of(wanted)
        by_key = {sentence_key(key): key for key in wanted.difference(known)}
        if not by_key:
            return known
        with self._reading.connect() as connection:
            rows = _SENTENCES_OF.rows(connection, list(by_key))
        fresh = {by_key[key]: vectors for key, vectors in rows}
        self._remembered.add(fresh)
        return known | fresh

    def without_sentences(self, body_keys: Iterable[str]) -> list[str]:
        """Return the body keys of passages whose sentences were not embedded yet, in order."""
        with self._reading.connect() as connection:
            known = set(connection.scalars(select(_SENTENCES.c.key)))
        return [key for key in body_keys if sentence_key(key) not in known]

    def write_sentences(self, vectors: Mapping[str, Sequence[Vectors]]) -> None:
        """Store the sentence vectors of passages by body key; no rows mean that a passage has no more than one."""
        rows = [{"key": sentence_key(key), "vectors": pack(some)} for key, some in vectors.items()]
        with self._engine.begin() as connection:
            connection.execute(_ADD_SENTENCES, rows)
        self.sentences_written += 1

    def take_over(self, other: EmbeddingCache) -> int:
        """Copy what another cache holds, a few rows at a time; return how many there are."""
        count = 0
        for table, add in ((_VECTORS, _ADD), (_SENTENCES, _ADD_SENTENCES)):
            with other._engine.connect().execution_options(yield_per=COPIED_AT_ONCE) as source:
                for rows in source.execute(select(table)).mappings().partitions():
                    with self._engine.begin() as target:
                        target.execute(add, [dict(row) for row in rows])
                    count += len(rows)
        return count

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
