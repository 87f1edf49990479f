"""The vectors of an index where nothing but the embedding cache has them: neighbours are found by comparing all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from kb.errors import VectorsAwayError
from kb.index.embedding import Vectors
from kb.index.embedding_cache import EmbeddingCache
from kb.index.vectors import Needed, View


class CachedVectors:
    """The vectors of one index, in the cache. Thread-safe."""

    trouble = ""
    is_behind = False

    def __init__(self, cache: EmbeddingCache, needed: Needed) -> None:
        """Take the cache, and the keys that the catalogue references."""
        self._cache = cache
        self._needed = needed

    def count(self, view: View) -> int:
        """Return the number of vectors."""
        return len(self.keys(view))

    def keys(self, view: View) -> set[str]:
        """Return all keys."""
        return self._cache.known(self._needed()[view])

    def add(self, view: View, vectors: Mapping[str, Vectors]) -> None:
        """Whoever adds vectors has put them into the cache."""

    def flush(self) -> None:
        """The cache has everything at once."""

    def remove(self, view: View, keys: Iterable[str]) -> None:
        """The cache keeps what it has."""

    def nearest(self, view: View, query: Vectors, limit: int) -> list[tuple[str, float]]:
        """Raises VectorsAwayError: the caller compares exactly."""
        raise VectorsAwayError("")

    def rows(self, view: View, keys: Sequence[str]) -> tuple[list[str], Vectors]:
        """Return those of some keys that have a vector and, in the same order, their vectors as rows."""
        return self._cache.rows(keys)

    def is_back(self) -> bool:
        """The cache is where the catalogue is."""
        return True

    def resume(self) -> None:
        """Nothing was missed."""

    def caught_up(self) -> None:
        """Nothing was missed."""

    def keep_only(self, builds: Collection[str]) -> None:
        """All builds share the cache."""

    def close(self) -> None:
        """The cache is closed by who opened it."""
