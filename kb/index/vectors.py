"""The vectors of the index in Chroma: a collection for passages, one for their titles, one for deals' situations.

A vector is stored under the key of its text (see `embedding_cache`): it never changes, adding it twice is harmless, and
vectors the catalogue no longer references are removed. By default they are files in the folder of a build;
`kb/index/served_vectors.py` keeps them on a Chroma server.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from kb.index.embedding import Vectors

if TYPE_CHECKING:
    from kb.index.embedding_cache import EmbeddingCache

View = Literal["bodies", "heads", "situations"]
SEARCHED: tuple[View, ...] = ("bodies", "heads")  # of passages: their texts, and their titles with headings
VIEWS: tuple[View, ...] = (*SEARCHED, "situations")  # of deals: the notes before the outcome

# Measured on 10,000 and 100,000 chunks (docs/measurements.md): recall@20 of 0.99 and more.
HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 1200, "max_neighbors": 32}
BATCH = 2_000  # below Chroma's own limit of records in one call
PAGE = 10_000
log = logging.getLogger(__name__)
Needed = Callable[[], Mapping[str, set[str]]]  # the keys that the catalogue references, by view


class VectorStore(Protocol):
    """Nearest neighbours by cosine, and the vectors themselves by key."""

    trouble: str  # why a server cannot be reached; empty if it can, and where there is none
    is_behind: bool  # whether it may lack something: then it is not asked what is near

    def count(self, view: View) -> int:
        """Return the number of vectors."""
        ...

    def keys(self, view: View) -> set[str]:
        """Return all keys."""
        ...

    def add(self, view: View, vectors: Mapping[str, Vectors]) -> None:
        """Store vectors under their keys; a server may get them with the next `flush`."""
        ...

    def flush(self) -> None:
        """Send a server what was added."""
        ...

    def remove(self, view: View, keys: Iterable[str]) -> None:
        """Delete vectors."""
        ...

    def nearest(self, view: View, query: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return (key, cosine) of the nearest vectors to one query, best first; approximate (HNSW)."""
        ...

    def rows(self, view: View, keys: Sequence[str]) -> tuple[list[str], Vectors]:
        """Return those of some keys that have a vector and, in the same order, their vectors as rows."""
        ...

    def is_back(self) -> bool:
        """Whether a server can be reached, also after it could not."""
        ...

    def resume(self) -> None:
        """Use a server again that is back; the caller adds what it missed, and says when all is there."""
        ...

    def caught_up(self) -> None:
        """Ask a server again what is near, unless it was lost meanwhile."""
        ...

    def keep_only(self, builds: Collection[str]) -> None:
        """Delete the vectors of other builds of the same index, where they are not in the folder of the build."""
        ...

    def close(self) -> None:
        """Close what is open; reopening shows other processes' changes."""
        ...


class ChromaVectors(ABC):
    """What Chroma does alike in files and on a server."""

    trouble = ""
    is_behind = False
    _cache: EmbeddingCache  # has every vector as well

    @abstractmethod
    def _of(self, view: View, *, asks: bool = False) -> Any:
        """Return the collection of a view; `asks` if somebody waits for an answer."""

    def count(self, view: View) -> int:
        """Return the number of vectors."""
        return int(self._of(view).count())

    def keys(self, view: View) -> set[str]:
        """Return all keys."""
        collection = self._of(view)
        total = collection.count()
        return {key for at in range(0, total, PAGE) for key in collection.get(limit=PAGE, offset=at, include=[])["ids"]}

    def add(self, view: View, vectors: Mapping[str, Vectors]) -> None:
        """Store vectors under their keys."""
        keys = list(vectors)
        for at in range(0, len(keys), BATCH):
            some = keys[at : at + BATCH]
            self._of(view).upsert(ids=some, embeddings=np.stack([vectors[key] for key in some]))

    def remove(self, view: View, keys: Iterable[str]) -> None:
        """Delete vectors."""
        gone = list(keys)
        for at in range(0, len(gone), BATCH):
            self._of(view).delete(ids=gone[at : at + BATCH])

    def nearest(self, view: View, query: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return (key, cosine) of the nearest vectors to one query, best first; approximate (HNSW)."""
        collection = self._of(view, asks=True)
        found = collection.query(query_embeddings=query[None, :], n_results=limit, include=["distances"])
        return [(key, 1.0 - distance) for key, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def rows(self, view: View, keys: Sequence[str]) -> tuple[list[str], Vectors]:
        """Return those of some keys that have a vector, and the vectors as rows: from the cache, else from Chroma.

        Chroma takes ten times as long, and loads its graphs for it.
        """
        found, matrix = self._cache.rows(keys)
        if not (missing := sorted(set(keys).difference(found))) or not (stored := self._stored(view, missing)):
            return found, matrix
        rows = np.stack(list(stored.values()))
        return [*found, *stored], np.concatenate([matrix, rows]) if found else rows

    def _stored(self, view: View, keys: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of some keys that Chroma has."""
        found: dict[str, Vectors] = {}
        for at in range(0, len(keys), BATCH):
            page = self._of(view).get(ids=list(keys[at : at + BATCH]), include=["embeddings"])
            found.update(zip(page["ids"], np.asarray(page["embeddings"], np.float32), strict=True))
        return found


class Files:
    """Chroma's files in a folder, opened."""

    def __init__(self, folder: Path) -> None:
        """Open the collections, and create what is missing. Raises whatever Chroma raises for damaged files."""
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
        try:
            # No embedding function: Chroma's default model is English and would be downloaded.
            self.collections: dict[View, Any] = {
                view: self._client.get_or_create_collection(
                    view, embedding_function=None, configuration={"hnsw": dict(HNSW)}
                )
                for view in VIEWS
            }
            for collection in self.collections.values():
                collection.count()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the files."""
        self._client.close()


class EmbeddedVectors(ChromaVectors):
    """Vectors as files, which are opened when they are first written to or a large index is searched. Thread-safe."""

    def __init__(self, opened: Callable[[], Files], cache: EmbeddingCache) -> None:
        """Take what opens the files, and the cache that has the vectors too."""
        self._open = opened
        self._cache = cache
        self._files: Files | None = None
        self._opening = threading.RLock()

    def _stored(self, view: View, keys: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of some keys in the files, mostly none: those of texts that wait to be embedded."""
        try:
            return super()._stored(view, keys)
        except Exception as error:  # damaged, or being written by another process: they are asked for again
            log.warning("Chroma could not read vectors that are not in the cache: %s", error)
            return {}

    def is_back(self) -> bool:
        """Files are always there."""
        return True

    def flush(self) -> None:
        """Files have everything at once."""

    def resume(self) -> None:
        """Files miss nothing."""

    def caught_up(self) -> None:
        """Files miss nothing."""

    def keep_only(self, builds: Collection[str]) -> None:
        """Files vanish with the folder of their build."""

    def close(self) -> None:
        """Close the files; the next use reopens them with what other processes wrote."""
        with self._opening:
            files, self._files = self._files, None
        if files:
            files.close()

    def _of(self, view: View, *, asks: bool = False) -> Any:
        with self._opening:
            if self._files is None:
                self._files = self._open()
            return self._files.collections[view]
