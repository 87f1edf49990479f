"""The one thread that embeds: each thread that calls OpenMP gets its own pool of workers, and these would compete."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from kb.index.embedding import QUERIES_AT_ONCE, Embedder, Vectors

SHORT_CHARS = 100  # texts embedded together are padded to the longest of them
MOST_REMEMBERED = 512  # queries: a filter or page turn repeats the query, and many people ask the same
LONGEST_REMEMBERED = 1_000  # characters of a query: a longer one is a pasted text


class Waiting(NamedTuple):
    """A query that waits for its vector."""

    embedder: Embedder
    text: str
    future: Future[Vectors]


class EmbeddingThread:
    """Embeds for everybody, in order; short queries that wait at the same time are embedded together.

    A query that is remembered is answered at once: with many threads at work, changing between two takes milliseconds.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedding")
        self._lock = threading.Lock()
        self._waiting: list[Waiting] = []
        self._remembered: dict[tuple[str, str], Vectors] = {}  # by model and query, oldest first

    def query(self, embedder: Embedder, text: str) -> Future[Vectors]:
        """Embed a query; one row."""
        future: Future[Vectors] = Future()
        with self._lock:
            known = self._remembered.get((embedder.checksum, text))
            if known is None:
                self._waiting.append(Waiting(embedder, text, future))
        if known is None:
            self._thread.submit(self._embed_next)
        else:
            future.set_result(known)
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
        try:
            rows = self._rows(batch[0].embedder, list(dict.fromkeys(one.text for one in batch)))
        except Exception as error:
            for one in batch:
                one.future.set_exception(error)
        else:
            for one in batch:
                one.future.set_result(rows[one.text])

    def _rows(self, embedder: Embedder, texts: Sequence[str]) -> dict[str, Vectors]:
        """Return one row per query; some were embedded while they waited."""
        model = embedder.checksum
        with self._lock:
            rows = {text: row for text in texts if (row := self._remembered.get((model, text))) is not None}
        if fresh := [text for text in texts if text not in rows]:
            rows |= {text: row[None, :] for text, row in zip(fresh, embedder.embed_queries(fresh), strict=True)}
            with self._lock:
                self._remembered |= {(model, text): rows[text] for text in fresh if len(text) <= LONGEST_REMEMBERED}
                for one in list(self._remembered)[:-MOST_REMEMBERED]:
                    del self._remembered[one]
        return rows

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
