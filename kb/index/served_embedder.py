"""An embedder whose model runs in a service, which may be away for a while, or have another model when it is back."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from kb.errors import EmbeddingAwayError
from kb.index.embedding import PASSAGE, QUERY, Vectors
from kb.wording import say

if TYPE_CHECKING:
    from kb.index.embedding_server import EmbeddingServer, Said

PROBES = ("価格が高いと言われたときの切り返し", "How we won against a cheaper competitor")
ALIKE = 0.995  # least cosine of a probe's vectors of one model: float16 and other machines stay above, others below
MOST_MODELS = 50  # under one name, one after the other
AT_ONCE = 32  # texts in a request: what text-embeddings-inference takes by default
CHARS_AT_ONCE = 4_000  # of passages in a request; two cores embed them in one or two seconds
QUERY_SECONDS = 3.0  # for a question, which is then answered by words
LOOK_SECONDS = 60.0  # how often it is looked whether the model still is the same
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prefixes:
    """How a model wants to be told questions from passages; empty for models that do not."""

    query: str = QUERY
    passage: str = PASSAGE


@dataclass(frozen=True, slots=True)
class Recognised:
    """The model of a service."""

    name: str
    checksum: str  # vectors of different checksums are never mixed
    probes: Vectors


class Memory(Protocol):
    """What is remembered of models, by all who use the same vectors."""

    def last(self) -> Recognised | None:
        """Return the model recognised last, for a start while the service is away."""
        ...

    def keep(self, model: Recognised) -> None:
        """Remember the model recognised last."""
        ...

    def common(self, name: str, own: bytes) -> bytes:
        """Return what is kept under a name; `own`, which is kept from now on, where there is nothing."""
        ...


class ServedEmbedder:
    """Embeds with a service. Thread-safe.

    While it is away everything fails at once: only `look` asks it, and finds it again.
    """

    def __init__(
        self, server: EmbeddingServer, prefixes: Prefixes, count_tokens: Callable[[str], int], memory: Memory
    ) -> None:
        """Recognise the model. Raises EmbeddingAwayError if the service is away and was never met from here."""
        self._server = server
        self._prefixes = prefixes
        self._count_tokens = count_tokens
        self._memory = memory
        self._looking = threading.Lock()
        self._looked = time.monotonic()
        self.trouble = ""  # why it cannot be used; empty if it can
        try:
            self._model = self._recognised()
        except EmbeddingAwayError as error:
            known = memory.last()
            if known is None:
                server.close()
                raise
            self._model = known
            self._note(error.why)

    @property
    def name(self) -> str:
        """The name of the model."""
        return self._model.name

    @property
    def checksum(self) -> str:
        """What tells the model's vectors from those of others."""
        return self._model.checksum

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        return int(self._model.probes.shape[1])

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text, as a model of this machine cuts it."""
        return self._count_tokens(text)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row per text, float32, unit length, in order. Raises EmbeddingAwayError."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        return np.concatenate([self._passages(some) for some in _portions(texts)])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one row per query, float32, unit length, in order. Raises EmbeddingAwayError."""
        parts = [
            self._asked([self._prefixes.query + text for text in texts[at : at + AT_ONCE]], QUERY_SECONDS)
            for at in range(0, len(texts), AT_ONCE)
        ]
        rows = np.concatenate(parts)
        if rows.shape[1] != self.dimensions:
            self._note(changed := _changed())
            raise EmbeddingAwayError(changed)
        return rows

    def look(self) -> None:
        """Look whether a service that was away is back, and from time to time whether its model is the same."""
        if not self.trouble and time.monotonic() - self._looked < LOOK_SECONDS:
            return
        with self._looking:
            try:
                self._need_same(self._server.embed(PROBES, QUERY_SECONDS))
            except EmbeddingAwayError as error:
                self._note(error.why)
                return
            if self.trouble:
                log.info("The embedding service answers again.")
            self.trouble, self._looked = "", time.monotonic()

    def close(self) -> None:
        """End the connections."""
        self._server.close()

    def _passages(self, texts: Sequence[str]) -> Vectors:
        """Embed texts with a probe before them, so that what is stored is of one model."""
        given = [PROBES[0], *(self._prefixes.passage + text for text in texts)]
        rows = self._asked(given, self._server.seconds)
        try:
            self._need_same(rows[:1])
        except EmbeddingAwayError as error:
            self._note(error.why)
            raise
        return rows[1:]

    def _asked(self, texts: Sequence[str], seconds: float) -> Vectors:
        if self.trouble:
            raise EmbeddingAwayError(self.trouble)
        try:
            return self._server.embed(texts, seconds)
        except EmbeddingAwayError as error:
            self._note(error.why)
            raise

    def _note(self, trouble: str) -> None:
        if not self.trouble:
            log.warning("The embedding service cannot be used; questions are answered by words: %s", trouble)
        self.trouble = trouble

    def _need_same(self, probes: Vectors) -> None:
        """Require the vectors that the model gave before. Raises EmbeddingAwayError."""
        if not _are_alike(probes, self._model.probes[: len(probes)]):
            raise EmbeddingAwayError(_changed())

    def _recognised(self) -> Recognised:
        """Ask the service which model it has, and compare its vectors with those it gave under that name before."""
        said, probes = self._server.said(), self._server.embed(PROBES, self._server.seconds)
        base = _base(said, probes.shape[1], self._prefixes)
        for number in range(1, MOST_MODELS + 1):
            kept = self._memory.common(f"embedding-{base[:16]}-{number}", probes.tobytes())
            known = np.frombuffer(kept, np.float32)
            if known.size == probes.size and _are_alike(probes, known.reshape(probes.shape)):
                checksum = base if number == 1 else hashlib.sha256(f"{base}\0{number}".encode()).hexdigest()
                found = Recognised(said.name or self._server.url, checksum, known.reshape(probes.shape))
                self._memory.keep(found)
                return found
        raise EmbeddingAwayError(say("it gives other vectors each time"))


def _portions(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield texts for one request each: so little that a service without a GPU answers in time."""
    portion: list[str] = []
    for text in texts:
        if portion and (len(portion) >= AT_ONCE - 1 or sum(map(len, portion)) + len(text) > CHARS_AT_ONCE):
            yield portion
            portion = []
        portion.append(text)
    yield portion


def _base(said: Said, dimensions: int, prefixes: Prefixes) -> str:
    """Return what stands for a model as long as it gives the same vectors.

    The checksum that a `kb embeddings` gives of the bundled model stays as it is: vectors embedded without it are
    the same.
    """
    if said.version and len(said.version) == 64 and prefixes == Prefixes():
        return said.version
    parts = (said.name, said.version, str(dimensions), prefixes.query, prefixes.passage)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _are_alike(some: Vectors, others: Vectors) -> bool:
    return some.shape == others.shape and float((some * others).sum(axis=1).min()) >= ALIKE


def _changed() -> str:
    return say("it gives other vectors than before; restart this server, which embeds everything anew")
