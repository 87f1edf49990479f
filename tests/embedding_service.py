"""A service that embeds, behind OpenAI's interface for embeddings; it runs no model, and can be stopped and started."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from app.http.server import server_config
from tests.waiting import wait_until
from tests.words import WordEmbedder


@dataclass(slots=True)
class Service:
    """The endpoint; it keeps its port."""

    port: int
    name: str = "words"
    version: str = ""  # of the model, where it says so
    turned: bool = False  # gives the vectors of another model
    lists_models: bool = True
    refuses: int = 0  # status
    busy: int = 0  # times that it says so
    longest: int = 100_000  # characters of a text; a longer one is refused
    answers: threading.Event = field(default_factory=threading.Event)  # while it is cleared, nobody gets an answer
    asked: list[list[str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Answer from now on."""
        config = server_config(_application(self), "127.0.0.1", self.port)
        config.lifespan = "off"
        config.timeout_graceful_shutdown = 1
        self._server = server = uvicorn.Server(config)
        self._thread = threading.Thread(target=server.run)
        self._thread.start()
        wait_until(lambda: server.started, "a service")

    def stop(self) -> None:
        """Refuse connections from now on."""
        self.answers.set()
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join()
            self._server = None

    def answer(self, body: dict[str, Any]) -> Response:
        """Answer one request."""
        texts: list[str] = body["input"]
        self.asked.append(texts)
        self.answers.wait()
        if self.busy:
            self.busy -= 1
            return JSONResponse({"error": "busy"}, 503, headers={"retry-after": "0"})
        if self.refuses:
            return JSONResponse({"error": "no"}, self.refuses)
        if any(len(text) > self.longest for text in texts):
            return JSONResponse({"error": "too long"}, 413)
        rows = 3.0 * WordEmbedder().embed_passages(texts)  # of any length
        found = [{"index": at, "embedding": row[:: -1 if self.turned else 1].tolist()} for at, row in enumerate(rows)]
        return JSONResponse({"data": found[::-1], "model": self.name})  # in any order


@contextmanager
def embedding_service(**chosen: Any) -> Iterator[Service]:
    """Run a service until the test is over."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        service = Service(int(probe.getsockname()[1]), **chosen)
    service.answers.set()
    service.start()
    try:
        yield service
    finally:
        service.stop()


def _application(service: Service) -> FastAPI:
    app = FastAPI()

    @app.post("/v1/embeddings")
    async def _embed(request: Request) -> Response:
        service.headers.append(dict(request.headers))
        return await run_in_threadpool(service.answer, await request.json())

    @app.get("/v1/models")
    async def _models() -> Response:
        if not service.lists_models:
            return Response(status_code=404)
        return JSONResponse({"data": [{"id": service.name, "checksum": service.version}]})

    @app.get("/info")
    async def _info() -> Any:
        return {"model_id": f"{service.name}-informed", "model_sha": service.version, "model_dtype": "float32"}

    return app
