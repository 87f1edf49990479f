"""The vectors of an index on a Chroma server, which may be away for a while.

Every vector also stands in the embedding cache. So what is read comes from there, and while the server is away nothing
fails: neighbours are found by comparing exactly, and what is added now reaches the server when it is back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from kb.errors import VectorsAwayError
from kb.index.chroma_server import Build, ChromaServer
from kb.index.embedding import Vectors
from kb.index.embedding_cache import EmbeddingCache
from kb.index.vectors import ChromaVectors, Needed, View

MOST_PENDING = 2_000  # vectors kept until the turn to write ends
LONGEST = 300  # characters of a reason that are shown
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Namespace:
    """What is ours on a server that others use as well: the collections whose names begin like this."""

    server: ChromaServer
    beginning: str  # one for each knowledge base and data folder


class ServedVectors(ChromaVectors):
    """Vectors of one build on a Chroma server. Thread-safe."""

    def __init__(self, space: Namespace, build: str, cache: EmbeddingCache, needed: Needed) -> None:
        """Take what the vectors are read from, and the keys that the catalogue references. Connects on first use."""
        self.trouble = ""
        self.is_behind = True  # until it was compared with the catalogue
        self._space = space
        self._build = build
        self._cache = cache
        self._needed = needed
        self._opening = threading.Lock()
        self._opened: Build | None = None
        self._adding = threading.Lock()
        self._pending: dict[View, dict[str, Vectors]] = {}  # added, and not sent yet

    def count(self, view: View) -> int:
        """Return the number of vectors on the server. Raises VectorsAwayError."""
        self.flush()
        with self._reached():
            return super().count(view)

    def keys(self, view: View) -> set[str]:
        """Return all keys on the server; while it is away, those whose vectors can be read without it."""
        self.flush()
        with suppress(VectorsAwayError), self._reached():
            return super().keys(view)
        return self._cache.known(self._needed()[view])

    def add(self, view: View, vectors: Mapping[str, Vectors]) -> None:
        """Have vectors stored by the next `flush`: whoever writes to the index does not wait for the server."""
        with self._adding:
            self._pending.setdefault(view, {}).update(vectors)
            is_full = sum(map(len, self._pending.values())) >= MOST_PENDING
        if is_full:
            self.flush()

    def flush(self) -> None:
        """Send the server what was added, or have `resume` lead to it."""
        with self._adding:
            pending, self._pending = self._pending, {}
        with suppress(VectorsAwayError):
            for view, vectors in pending.items():
                with self._reached():
                    super().add(view, vectors)

    def remove(self, view: View, keys: Iterable[str]) -> None:
        """Delete vectors; what stays because the server is away goes with the next sync."""
        self.flush()
        with suppress(VectorsAwayError), self._reached():
            super().remove(view, keys)

    def nearest(self, view: View, query: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return (key, cosine) of the nearest vectors, best first; approximate. Raises VectorsAwayError."""
        self.flush()
        with self._reached():
            return super().nearest(view, query, limit)

    def is_back(self) -> bool:
        """Whether the server answers, also after it did not."""
        try:
            self._space.server.look()
        except Exception as error:  # whatever Chroma and its HTTP client raise
            self._lose(error)
            return False
        return True

    def resume(self) -> None:
        """Use the server again; the caller adds what it missed, and says when all is there."""
        if self.trouble:
            log.info("Chroma at %s is used again.", self._space.server.url)
            self.close()  # not while it works: others are using the connections
        self.trouble = ""

    def caught_up(self) -> None:
        """Ask the server again what is near, unless it was lost meanwhile."""
        self.is_behind = bool(self.trouble)

    def keep_only(self, builds: Collection[str]) -> None:
        """Delete the collections of other builds of the same index."""
        beginning = f"{self._space.beginning}-"
        with suppress(VectorsAwayError), self._reached():
            self._connected().keep_only(beginning, [beginning + build for build in builds])

    def close(self) -> None:
        """Send what was added, and close the connections; the next use opens new ones."""
        self.flush()
        with self._opening:
            opened, self._opened = self._opened, None
        if opened:
            opened.close()

    def _stored(self, view: View, keys: Sequence[str]) -> dict[str, Vectors]:
        """The cache has every vector: what it lacks waits to be embedded."""
        return {}

    def _of(self, view: View, *, asks: bool = False) -> Any:
        opened = self._connected()
        return (opened.asking if asks else opened.writing)[view]

    def _connected(self) -> Build:
        with self._opening:
            if self._opened is None:
                self._opened = Build(self._space.server, f"{self._space.beginning}-{self._build}")
            return self._opened

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Ask the server nothing while it is known to be away, so that nobody waits for it more than once."""
        if self.trouble:
            self.is_behind = True
            raise VectorsAwayError(self.trouble)
        try:
            yield
        except Exception as error:  # whatever Chroma and its HTTP client raise
            self._lose(error)
            raise VectorsAwayError(self.trouble) from error

    def _lose(self, error: Exception) -> None:
        why = (str(error) or type(error).__name__).splitlines()[0][:LONGEST]
        if not self.trouble:
            log.warning("Chroma at %s cannot be used; vectors are compared exactly: %s", self._space.server.url, why)
        self.trouble, self.is_behind = why, True
