"""Queries that wait at the same time are embedded together, each once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError

import numpy as np
import pytest

from kb.index.embedding import QUERIES_AT_ONCE, Vectors
from kb.index.embedding_thread import LONGEST_REMEMBERED, MOST_REMEMBERED, SHORT_CHARS, EmbeddingThread
from tests.words import WordEmbedder


class _Gated(WordEmbedder):
    """Embeds once it may, and remembers what it was given."""

    def __init__(self, checksum: str = "words-1") -> None:
        super().__init__(checksum)
        self.may_go = threading.Event()
        self.has_begun = threading.Event()
        self.given: list[list[str]] = []

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.given.append(list(texts))
        self.has_begun.set()
        self.may_go.wait()
        if "broken" in texts:
            raise ValueError("broken")
        return super().embed_queries(texts)


@pytest.fixture
def thread() -> Iterator[EmbeddingThread]:
    opened = EmbeddingThread()
    yield opened
    opened.close()


def _begun(thread: EmbeddingThread) -> _Gated:
    """Return an embedder that is busy with a first query."""
    gated = _Gated()
    thread.query(gated, "first")
    gated.has_begun.wait()
    return gated


def test_what_waits_is_embedded_together_and_the_same_text_once(thread: EmbeddingThread) -> None:
    gated = _begun(thread)
    texts = ["price", "price", "silence", "excel"]
    pending = [thread.query(gated, text) for text in texts]
    gated.may_go.set()
    rows = [one.result() for one in pending]
    assert gated.given == [["first"], ["price", "silence", "excel"]]
    for text, row in zip(texts, rows, strict=True):
        np.testing.assert_array_equal(row, WordEmbedder().embed_queries([text]))


def test_long_texts_go_alone_and_batches_are_bounded(thread: EmbeddingThread) -> None:
    gated = _begun(thread)
    long = "x" * (SHORT_CHARS + 1)
    pending = [thread.query(gated, text) for text in [long, *(f"query {n}" for n in range(QUERIES_AT_ONCE + 1))]]
    gated.may_go.set()
    assert all(one.result().shape[0] == 1 for one in pending)
    assert [len(texts) for texts in gated.given] == [1, 1, QUERIES_AT_ONCE, 1]


def test_another_model_is_never_mixed_in(thread: EmbeddingThread) -> None:
    gated, other = _begun(thread), _Gated("another model")
    other.may_go.set()
    pending = [thread.query(gated, "price"), thread.query(other, "price"), thread.query(gated, "silence")]
    gated.may_go.set()
    for one in pending:
        one.result()
    assert gated.given == [["first"], ["price", "silence"]] and other.given == [["price"]]


def test_a_query_that_was_embedded_waits_for_nobody(thread: EmbeddingThread) -> None:
    gated = _Gated()
    gated.may_go.set()
    row = thread.query(gated, "price").result()
    gated.may_go.clear()
    thread.query(gated, "silence")
    again = thread.query(gated, "price")
    assert again.done() and np.array_equal(again.result(), row)
    other = _Gated("another model")
    of_other = thread.query(other, "price")
    assert not of_other.done()
    gated.may_go.set()
    other.may_go.set()
    assert of_other.result().shape[0] == 1 and other.given == [["price"]]


def test_what_was_embedded_while_it_waited_is_not_embedded_again(thread: EmbeddingThread) -> None:
    gated = _begun(thread)
    again = thread.query(gated, "first")
    gated.may_go.set()
    assert again.result().shape[0] == 1 and gated.given == [["first"]]


def test_a_pasted_text_is_not_remembered_and_of_others_only_the_last(thread: EmbeddingThread) -> None:
    gated = _Gated()
    gated.may_go.set()
    for text in ("x" * (LONGEST_REMEMBERED + 1), *(f"query {n}" for n in range(MOST_REMEMBERED + 1))):
        thread.query(gated, text).result()
    given = len(gated.given)
    thread.query(gated, "query 1").result()
    assert len(gated.given) == given
    for text in ("x" * (LONGEST_REMEMBERED + 1), "query 0"):
        thread.query(gated, text).result()
    assert len(gated.given) == given + 2


def test_a_failure_reaches_everybody_and_the_thread_goes_on(thread: EmbeddingThread) -> None:
    gated = _begun(thread)
    failing = [thread.query(gated, text) for text in ("broken", "price")]
    gated.may_go.set()
    for one in failing:
        with pytest.raises(ValueError, match="broken"):
            one.result()
    assert thread.query(gated, "price").result().shape[0] == 1


def test_nobody_waits_for_a_thread_that_is_closed() -> None:
    thread = EmbeddingThread()
    gated = _begun(thread)
    waiting = thread.query(gated, "price")
    closing = threading.Thread(target=thread.close)
    closing.start()
    gated.may_go.set()
    closing.join()
    try:
        assert waiting.result().shape[0] == 1  # or it was taken before the end
    except CancelledError:
        assert waiting.cancelled()
