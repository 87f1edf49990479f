"""A service that embeds, with OpenAI's interface for embeddings: how it is asked, and what it says of its model."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import numpy as np

from kb.errors import EmbeddingAwayError
from kb.index.embedding import Vectors

MOST_BYTES = 20_000_000  # of an answer: 32 vectors of 4,096 numbers, written out, with room
CONNECT_SECONDS = 3.0
LEAST_PAUSE, MOST_PAUSE = 0.1, 2.0  # seconds before a service that is busy is asked again
NOTHING = "-"  # instead of an empty text, which some services refuse
LEAST_CHARS = 40  # of a text, below which it is not refused for its length
_BUSY = (429, 503)
_TOO_LONG = (400, 413, 422)  # what services answer to a text that is longer than their model's window
_UNEXPECTED = (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, LookupError, TypeError, AttributeError)
_BROKEN = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)  # as when an idle connection was closed
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """What a service says of its model; empty where it says nothing."""

    name: str = ""
    version: str = ""  # of the weights


class TextsRefusedError(Exception):
    """The service refuses these texts, such as one that is too long, and would take others."""


@dataclass(slots=True)
class EmbeddingServer:
    """Where a service answers. Thread-safe."""

    url: str  # `/embeddings` and `/models` are below it
    model: str = ""
    key: str = field(default="", repr=False)
    seconds: float = 30.0  # for an answer nobody waits for
    _client: httpx2.Client | None = field(default=None, repr=False)
    _opening: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def said(self) -> Said:
        """Return what it says of its model. Raises EmbeddingAwayError."""
        for address, read in ((f"{self.url}/models", self._listed), (f"{self._root}/info", _informed)):
            answer = self._answer("GET", address, None, time.monotonic() + self.seconds)
            if answer.status_code not in (404, 405):
                try:
                    return read(answer.raise_for_status().json())
                except _UNEXPECTED as error:
                    raise EmbeddingAwayError(why(error)) from error
        return Said(self.model)

    def embed(self, texts: Sequence[str], seconds: float) -> Vectors:
        """Return one row per text, unit length, in order, within some seconds. Raises EmbeddingAwayError.

        What is refused is sent again by halves; a single text that is refused, without its end.
        """
        try:
            return self._embedded(texts, seconds)
        except TextsRefusedError as error:
            if len(texts) > 1:
                middle = len(texts) // 2
                return np.concatenate([self.embed(some, seconds) for some in (texts[:middle], texts[middle:])])
            if len(texts[0]) <= LEAST_CHARS:
                raise EmbeddingAwayError(str(error)) from error
            log.info("The embedding service refuses a text (%s); its beginning is embedded.", error)
            return self.embed([texts[0][: len(texts[0]) // 2]], seconds)

    def close(self) -> None:
        """End the connections; the next use opens new ones."""
        with self._opening:
            if self._client:
                self._client.close()
                self._client = None

    @property
    def _root(self) -> str:
        return self.url.removesuffix("/v1")

    def _listed(self, answer: Any) -> Said:
        models = answer["data"]
        chosen = next((one for one in models if one["id"] == self.model), None if self.model else models[0])
        return Said(str(chosen["id"]), str(chosen.get("checksum") or "")) if chosen else Said(self.model)

    def _embedded(self, texts: Sequence[str], seconds: float) -> Vectors:
        asked: dict[str, Any] = {"input": [_sendable(text) for text in texts], "encoding_format": "float"}
        if self.model:
            asked["model"] = self.model
        answer = self._patient_answer(asked, time.monotonic() + seconds)
        if answer.status_code in _TOO_LONG:
            raise TextsRefusedError(f"HTTP {answer.status_code}")
        try:
            return _rows(answer.raise_for_status().json(), len(texts))
        except _UNEXPECTED as error:
            raise EmbeddingAwayError(why(error)) from error

    def _patient_answer(self, asked: dict[str, Any], ends: float) -> httpx2.Response:
        """Return an answer; a service that is busy is asked again while there is time. Embedding twice does no harm."""
        pause = LEAST_PAUSE
        while True:
            answer = self._answer("POST", f"{self.url}/embeddings", asked, ends)
            pause = min(max(pause * 2, _wanted_pause(answer)), MOST_PAUSE)
            if answer.status_code not in _BUSY or time.monotonic() + pause >= ends:
                return answer
            time.sleep(pause)

    def _answer(self, method: str, address: str, asked: dict[str, Any] | None, ends: float) -> httpx2.Response:
        try:
            try:
                return self._sent(method, address, asked, ends)
            except _BROKEN:
                return self._sent(method, address, asked, ends)
        except _UNEXPECTED as error:
            raise EmbeddingAwayError(why(error)) from error

    def _sent(self, method: str, address: str, asked: dict[str, Any] | None, ends: float) -> httpx2.Response:
        """Return an answer, read to its end but never more than is needed, nor for longer than it may take."""
        left = max(ends - time.monotonic(), LEAST_PAUSE)
        timeout = httpx2.Timeout(left, connect=min(left, CONNECT_SECONDS))
        with self._connected().stream(method, address, json=asked, timeout=timeout) as answer:
            pieces, size = [], 0
            for piece in answer.iter_bytes():
                size += len(piece)
                if size > MOST_BYTES or time.monotonic() > ends:
                    raise ValueError("the answer is too long, or comes too slowly")
                pieces.append(piece)
        kept = {name: value for name, value in answer.headers.items() if name == "retry-after"}
        return httpx2.Response(answer.status_code, headers=kept, content=b"".join(pieces), request=answer.request)

    def _connected(self) -> httpx2.Client:
        with self._opening:
            if self._client is None:
                headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
                self._client = httpx2.Client(follow_redirects=False, headers=headers)
            return self._client


def why(error: Exception) -> str:
    """Return in a few words what is wrong, without what was sent."""
    if isinstance(error, httpx2.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return f"{type(error).__name__} {error}".strip()[:300]


def _sendable(text: str) -> str:
    """Return a text as services take it: in UTF-8, and not empty."""
    return text.encode("utf-8", "replace").decode("utf-8") if text.strip() else NOTHING


def _informed(answer: Any) -> Said:
    """Read what text-embeddings-inference says of itself."""
    return Said(str(answer["model_id"]), f"{answer.get('model_sha') or ''}{answer.get('model_dtype') or ''}")


def _rows(answer: Any, count: int) -> Vectors:
    """Return the vectors of an answer. Raises ValueError where they are not what was asked for."""
    found = sorted(answer["data"], key=lambda one: int(one["index"]))
    rows = np.asarray([one["embedding"] for one in found], np.float32)
    if rows.ndim != 2 or len(rows) != count:
        raise ValueError("the answer has another number of vectors")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not (lengths > 0).all():
        raise ValueError("the answer has vectors without a direction")
    return np.asarray(rows / lengths, np.float32)


def _wanted_pause(answer: httpx2.Response) -> float:
    given = answer.headers.get("retry-after", "")
    return float(given) if given.isascii() and given.isdecimal() and len(given) < 5 else 0.0
