"""Nearest passages to a query: by Chroma's HNSW, or by comparing all where that is faster or necessary."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from kb.errors import VectorsAwayError
from kb.index.embedding import Vectors
from kb.index.embedding_cache import EmbeddingCache
from kb.index.key_table import packed
from kb.index.matrix import Cosines, Rows
from kb.index.sentences import SentenceCosines
from kb.index.snapshot import Snapshot
from kb.index.vectors import VectorStore, View

EXACT_SHARE = 0.2  # filters that keep a smaller share are searched exactly: HNSW would have to over-fetch too much
SMALL = 300_000  # rows up to which comparing all (3.2 ms for 100,000) beats Chroma (8.8 ms, and hardly more for more)
PACKED_MORE = 1.2  # neighbours of packed vectors, among which are 99.9 % of the exact ones; from 1.1 on nearly all are
OVERFETCH = 1.5  # margin when the filter's share determines how many neighbours to fetch

Flags = NDArray[np.bool_]
log = logging.getLogger(__name__)


class Neighbours:
    """The neighbours of one query within any filter; the full scan is cached."""

    def __init__(
        self, snapshot: Snapshot, store: VectorStore | None, query: Vectors | None, cache: EmbeddingCache | None = None
    ) -> None:
        """Take a query vector; None where the query cannot be embedded: then nothing is near.

        Without a store (while it is being reopened) all vectors are compared. Without a cache nothing is known of the
        passages' sentences.
        """
        self.by_words = query is None
        self._snapshot = snapshot
        self._store = store
        self._query = np.zeros(0, np.float32) if query is None else query
        self._cache = cache
        self._sentences: dict[int, tuple[SentenceCosines, int]] = {}  # by chunk, with its place among them
        self._cosines: dict[View, Cosines] = {}

    def similarity(self, view: View, chunks: Rows) -> Cosines:
        """Return the cosine of each chunk to the query; 0 where a vector is missing."""
        rows, matrix = self._snapshot.rows[view][chunks], self._snapshot.matrices[view]
        if self.by_words or not len(matrix):
            return np.zeros(len(chunks), np.float32)
        known = np.maximum(rows, 0)
        if view in self._cosines or len(matrix) <= SMALL or len(chunks) > len(matrix) // 4:
            found = self._of_all(view)[known]
        else:
            found = matrix.cosines(self._query, known)
        return np.where(rows >= 0, found, 0).astype(np.float32)

    def balance(self, view: View, chunks: Rows) -> Cosines:
        """Return what to add to the cosines of chunks so that both languages have the same middle; zeros for one."""
        if self.by_words:
            return np.zeros(len(chunks), np.float32)
        return self._snapshot.balance.offsets(view, self._query)[self._snapshot.balance.language[chunks]]

    def level(self, usual: float) -> float:
        """Return the mean cosine of all texts to the query: how near everything is to it."""
        return usual if self.by_words else self._snapshot.balance.level(self._query, usual)

    def best_sentences(self, chunks: Rows) -> tuple[NDArray[np.float64], Rows]:
        """Return for each chunk the cosine of its best sentence, NaN where not known, and how many sentences it has."""
        if self._cache is None or self.by_words or not len(chunks):
            return np.full(len(chunks), np.nan), np.zeros(len(chunks), np.int64)
        rows, keys = self._snapshot.rows["bodies"][chunks].tolist(), self._snapshot.keys["bodies"]
        of_row = {row: keys.key(row) for row in set(rows) if row >= 0}
        found = self._cache.sentences(of_row.values())
        every = SentenceCosines([found.get(of_row.get(row, ""), b"") for row in rows], self._query)
        self._sentences |= {chunk: (every, place) for place, chunk in enumerate(chunks.tolist())}
        return every.best(), every.counts

    def best_sentence(self, chunk: int) -> int:
        """Return the place of the best sentence of a chunk asked for before; -1 if not known."""
        every, place = self._sentences.get(chunk, (None, -1))
        return every.best_place(place) if every else -1

    def sentence_cosines(self, chunk: int) -> list[float]:
        """Return the cosines of the sentences of a chunk asked for before, in order; none where it is not known."""
        cosines, place = self._sentences.get(chunk, (None, -1))
        return cosines.of(place) if cosines else []

    def nearest(self, view: View, limit: int, allowed: Flags | None) -> Rows:
        """Return the nearest chunks in one view, best first, only those allowed (one flag per chunk; None: all).

        HNSW over-fetches to make up for filtered chunks; if that would be too many, or too few remain, all allowed
        chunks are compared. Of packed vectors some more are returned, so that none of the exactly nearest is missing.
        """
        total = len(self._snapshot.matrices[view])
        limit = limit if self._snapshot.matrices[view].is_exact else int(limit * PACKED_MORE)
        share = 1.0 if allowed is None else float(allowed.mean()) if len(allowed) else 0.0
        if self.by_words or not total or not share:
            return np.zeros(0, np.int64)
        is_balanced = len(self._snapshot.balance.means) > 0
        wanted = limit if allowed is None and not is_balanced else int(limit / share * OVERFETCH) + 1
        store = None if self._store is None or self._store.is_behind else self._store
        if store is not None and total > SMALL and share >= EXACT_SHARE and wanted < total:
            chunks = self._by_store(store, view, wanted)
            kept = chunks if chunks is None or allowed is None else chunks[allowed[chunks]]
            if kept is not None and len(kept) >= limit:  # less while it is being filled
                return kept[largest(self._balanced(view, kept), limit)]
        present = self._snapshot.rows[view] >= 0
        chunks = np.flatnonzero(present if allowed is None else present & allowed)
        return chunks[largest(self._balanced(view, chunks), limit)]

    def _balanced(self, view: View, chunks: Rows) -> Cosines:
        found = self.similarity(view, chunks)
        return found + self.balance(view, chunks) if self._snapshot.balance.means else found

    def _by_store(self, store: VectorStore, view: View, wanted: int) -> Rows | None:
        """Return the nearest chunks as Chroma sees them; None if it fails, as when another process is writing."""
        try:
            nearest = store.nearest(view, self._query, wanted)
        except VectorsAwayError:  # which the store has logged
            return None
        except Exception as error:
            log.warning("Chroma could not search (%s); comparing exactly.", error)
            return None
        rows = self._snapshot.keys[view].rows(packed(key for key, _ in nearest))
        return self._snapshot.chunks_at(view, rows[rows >= 0])

    def _of_all(self, view: View) -> Cosines:
        if view not in self._cosines:
            self._cosines[view] = self._snapshot.matrices[view].cosines(self._query)
        return self._cosines[view]


def largest(values: Cosines, limit: int) -> Rows:
    """Return the positions of the largest values, largest first."""
    top = np.argpartition(-values, limit - 1)[:limit] if len(values) > limit else np.arange(len(values))
    return np.asarray(top[np.argsort(-values[top], kind="stable")], np.int64)
