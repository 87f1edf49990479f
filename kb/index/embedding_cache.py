"""A cache of every vector ever computed, so that no text is embedded twice.

The cache outlives the index: a rebuild, a moved file or a restored paragraph costs no embedding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, create_engine, select
from sqlalchemy.dialects.sqlite import insert

from kb.index.catalog import in_groups
from kb.index.embedding import Vectors
from kb.index.schema import use_wal

_METADATA = MetaData()
_VECTORS = Table("vectors", _METADATA, Column("key", String, primary_key=True), Column("vector", LargeBinary))


def text_key(checksum: str, text: str) -> str:
    """Return the key of a text's vector, which depends on model and text."""
    return hashlib.sha256(f"{checksum}\0{text}".encode("utf-8", "replace")).hexdigest()[:40]


class EmbeddingCache:
    """Vectors by text key in one SQLite file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_engine(f"sqlite:///{path}")
        use_wal(self._engine)
        _METADATA.create_all(self._engine)

    def read(self, keys: Iterable[str]) -> dict[str, Vectors]:
        """Return the cached vectors by key."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, Vectors] = {}
        with self._engine.connect() as connection:
            for some in in_groups(wanted):
                rows = connection.execute(select(_VECTORS).where(_VECTORS.c.key.in_(some)))
                found |= {key: np.frombuffer(vector, np.float32) for key, vector in rows}
        return found

    def write(self, vectors: Mapping[str, Vectors]) -> None:
        """Store vectors permanently; existing ones are kept."""
        if not vectors:
            return
        rows = [{"key": key, "vector": vector.astype(np.float32).tobytes()} for key, vector in vectors.items()]
        with self._engine.begin() as connection:
            connection.execute(insert(_VECTORS).on_conflict_do_nothing(), rows)

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()
