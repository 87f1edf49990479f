"""The vectors of the index in Chroma: a collection for passages, one for their titles, one for deals' situations.

A vector is stored under the key of its text (see `embedding_cache`): it never changes, adding it twice is harmless, and
vectors the catalogue no longer references are removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kb.index.embedding import Vectors

View = Literal["bodies", "heads", "situations"]
SEARCHED: tuple[View, ...] = ("bodies", "heads")  # of passages: their texts, and their titles with headings
VIEWS: tuple[View, ...] = (*SEARCHED, "situations")  # of deals: the notes before the outcome

# Measured on 10,000 and 100,000 chunks (docs/measurements.md): recall@20 of 0.99 and more.
HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 1200, "max_neighbors": 32}
BATCH = 2_000  # below Chroma's own limit of records in one call
PAGE = 10_000


class VectorStore:
    """Nearest neighbours by cosine. The only module that knows Chroma."""

    def __init__(self, folder: Path) -> None:
        import chromadb  # takes more than a second
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.config import Settings

        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        except BaseException:
            # Chroma would return the broken store again the next time this folder is opened.
            SharedSystemClient._identifier_to_system.pop(str(folder), None)
            raise
        # No embedding function: Chroma's default model is English and would be downloaded.
        self._collections: dict[View, Any] = {
            view: self._client.get_or_create_collection(
                view, embedding_function=None, configuration={"hnsw": dict(HNSW)}
            )
            for view in VIEWS
        }

    def count(self, view: View) -> int:
        """Return the number of vectors."""
        return int(self._collections[view].count())

    def keys(self, view: View) -> set[str]:
        """Return all keys."""
        collection = self._collections[view]
        total = collection.count()
        return {key for at in range(0, total, PAGE) for key in collection.get(limit=PAGE, offset=at, include=[])["ids"]}

    def add(self, view: View, vectors: Mapping[str, Vectors]) -> None:
        """Store vectors under their keys."""
        keys = list(vectors)
        for at in range(0, len(keys), BATCH):
            some = keys[at : at + BATCH]
            self._collections[view].upsert(ids=some, embeddings=np.stack([vectors[key] for key in some]))

    def remove(self, view: View, keys: Iterable[str]) -> None:
        """Delete vectors."""
        gone = list(keys)
        for at in range(0, len(gone), BATCH):
            self._collections[view].delete(ids=gone[at : at + BATCH])

    def nearest(self, view: View, query: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return (key, cosine) of the nearest vectors to one query, best first; approximate (HNSW)."""
        found = self._collections[view].query(query_embeddings=query[None, :], n_results=limit, include=["distances"])
        return [(key, 1.0 - distance) for key, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def read(self, view: View, keys: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of some keys, without missing ones."""
        found: dict[str, Vectors] = {}
        for at in range(0, len(keys), BATCH):
            page = self._collections[view].get(ids=list(keys[at : at + BATCH]), include=["embeddings"])
            found.update(zip(page["ids"], np.asarray(page["embeddings"], np.float32), strict=True))
        return found

    def read_all(self, view: View) -> tuple[list[str], Vectors]:
        """Return all keys and, in the same order, their vectors as rows."""
        collection = self._collections[view]
        keys: list[str] = []
        rows: list[Vectors] = []
        for at in range(0, collection.count(), PAGE):
            page = collection.get(limit=PAGE, offset=at, include=["embeddings"])
            keys += page["ids"]
            rows.append(np.asarray(page["embeddings"], np.float32))
        return keys, np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)

    def close(self) -> None:
        """Close the files; reopening shows other processes' changes."""
        self._client.close()
