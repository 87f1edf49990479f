"""The one thread that embeds: each thread that calls OpenMP gets its own pool of workers, and these would compete."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from kb.index.embedding import QUERIES_AT_ONCE, Embedder, Vectors

SHORT_CHARS = 100  # texts embedded together are padded to the longest of them


class Waiting(NamedTuple):
    """A query that waits for its vector."""

    embedder: Embedder
    text: str
    future: Future[Vectors]


class EmbeddingThread:
    """Embeds for everybody, in order; short queries that wait at the same time are embedded together."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedding")
        self._lock = threading.Lock()
        self._waiting: list[Waiting] = []

    def query(self, embedder: Embedder, text: str) -> Future[Vectors]:
        """Embed a query; one row."""
        future: Future[Vectors] = Future()
        with self._lock:
            self._waiting.append(Waiting(embedder, text, future))
        self._thread.submit(self._embed_next)
        return future

    def passages(self, embedder: Embedder, texts: Sequence[str]) -> Future[Vectors]:
        """Embed texts as passages; one row each."""
        return self._thread.submit(embedder.embed_passages, texts)

    def close(self) -> None:
        """End the thread; what still waits is cancelled."""
        self._thread.shutdown(cancel_futures=True)
        for one in self._waiting:
            one.future.cancel()

    def _embed_next(self) -> None:
        """Embed the query that waits longest, and others with it."""
        batch = self._taken()
        if not batch:  # another turn took it along
            return
        texts = list(dict.fromkeys(one.text for one in batch))
        try:
            rows = dict(zip(texts, batch[0].embedder.embed_queries(texts), strict=True))
        except Exception as error:
            for one in batch:
                one.future.set_exception(error)
        else:
            for one in batch:
                one.future.set_result(rows[one.text][None, :])

    def _taken(self) -> list[Waiting]:
        with self._lock:
            if not self._waiting:
                return []
            first = self._waiting[0]
            with_it = [one for one in self._waiting if _go_together(first, one)][:QUERIES_AT_ONCE]
            taken = {id(one) for one in with_it}
            self._waiting = [one for one in self._waiting if id(one) not in taken]
            return with_it


def _go_together(first: Waiting, other: Waiting) -> bool:
    if first.embedder is not other.embedder:
        return False
    return first.text == other.text or len(first.text) <= SHORT_CHARS >= len(other.text)
