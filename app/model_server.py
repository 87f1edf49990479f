"""A small server of one model for many processes of a host: OpenAI's interface for embeddings, with a bounded queue."""

from __future__ import annotations

import base64
import hmac
from asyncio import wrap_future
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from kb.index.embedding import DEFAULT_MODEL, Vectors
from kb.index.embedding_thread import EmbeddingThread
from kb.model.package import HUB_NAME

MOST_TEXTS = 256  # in a request
MOST_CHARS = 20_000  # of a text; a model reads some 2,000 of them
MOST_BODY = 8_000_000  # bytes
PIECE = 4  # passages embedded at a time: a question waits for no more of them
RETRY_SECONDS = 1  # after a 503
FROM_PAGES = frozenset({"origin", "sec-fetch-site", "referer"})  # headers that browsers send
Text = Annotated[str, Field(max_length=MOST_CHARS)]


class Asked(BaseModel):
    """A request for vectors."""

    model_config = ConfigDict(extra="ignore")

    input: Text | Annotated[list[Text], Field(min_length=1, max_length=MOST_TEXTS)]
    encoding_format: Literal["float", "base64"] = "float"

    @property
    def texts(self) -> list[str]:
        """The texts, each with what tells a question from a passage before it."""
        return [self.input] if isinstance(self.input, str) else self.input


class Model(Protocol):
    """What embeds texts that say themselves what they are."""

    name: str
    checksum: str

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text."""
        ...

    def embed_as_given(self, given: Sequence[str]) -> Vectors:
        """Return one row per text, float32, unit length, in order."""
        ...


class AsGiven:
    """A model as the embedding thread takes it."""

    def __init__(self, model: Model) -> None:
        self.name = model.name if model.name != DEFAULT_MODEL else HUB_NAME.rpartition("/")[2]
        self.checksum = model.checksum
        self.count_tokens = model.count_tokens
        self.embed_passages = model.embed_as_given
        self.embed_queries = model.embed_as_given


class ModelServer:
    """Embeds for everybody who asks, one portion after the other; one request too many is refused."""

    def __init__(self, model: Model, waiting: int) -> None:
        """`waiting` is how many requests may be under way."""
        self.model = AsGiven(model)
        self._most = waiting
        self._under_way = 0
        self._thread = EmbeddingThread()

    @property
    def is_full(self) -> bool:
        """Whether another request is refused."""
        return self._under_way >= self._most

    async def embed(self, given: Sequence[str]) -> Vectors:
        """Return one row per text. Short ones that arrive alone at the same time are embedded together."""
        self._under_way += 1
        try:
            if len(given) == 1:
                return await wrap_future(self._thread.query(self.model, given[0]))
            pieces = [given[at : at + PIECE] for at in range(0, len(given), PIECE)]
            return np.concatenate([await wrap_future(self._thread.passages(self.model, some)) for some in pieces])
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """End the thread."""
        self._thread.close()


def model_app(server: ModelServer, key: str = "") -> FastAPI:
    """Return the application that serves a model, to those who have the key if there is one."""

    @asynccontextmanager
    async def serving(_app: FastAPI) -> AsyncIterator[None]:
        yield
        server.close()

    app = FastAPI(lifespan=serving, openapi_url=None)

    @app.middleware("http")
    async def _guard(request: Request, go_on: Any) -> Response:
        if refused := _refused(request, key):
            return refused
        answer: Response = await go_on(request)
        return answer

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return _error(422, f"{'.'.join(map(str, first['loc'][1:]))}: {first['msg']}")

    @app.get("/healthz")
    async def _health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/v1/models")
    async def _models() -> dict[str, Any]:
        model = {"id": server.model.name, "object": "model", "checksum": server.model.checksum}
        return {"object": "list", "data": [model]}

    @app.post("/v1/embeddings")
    async def _embeddings(asked: Asked) -> Response:
        if server.is_full:
            return _error(503, "Too many requests wait.", {"retry-after": str(RETRY_SECONDS)})
        rows = await server.embed(asked.texts)
        found = [_shaped(row, at, asked.encoding_format) for at, row in enumerate(rows)]
        return JSONResponse({"object": "list", "model": server.model.name, "data": found})

    return app


def _refused(request: Request, key: str) -> Response | None:
    """Return why a request is refused: those of browsers as well, whose names for this machine anybody can make up."""
    if FROM_PAGES.intersection(request.headers):
        return _error(403, "Pages may not use this service.")
    if request.url.path != "/healthz" and key:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {key}".encode()):
            return _error(401, "The key is missing or wrong.")
    if request.method != "POST":
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _error(415, "Send JSON.")
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal() and len(length) < 10 and int(length) <= MOST_BODY):
        return _error(413, f"Send at most {MOST_BODY:,} bytes, and say how many.")
    return None


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"message": message, "code": status}}, status, headers=headers)


def _shaped(row: Vectors, place: int, encoding: str) -> dict[str, Any]:
    vector = base64.b64encode(row.astype("<f4").tobytes()).decode() if encoding == "base64" else row.tolist()
    return {"object": "embedding", "index": place, "embedding": vector}
