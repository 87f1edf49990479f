"""A language model that says what a test wants, behind the interface that the product knows; it runs no model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from tests.attack.serving import attacked

Sentences = list[dict[str, Any]]
Says = Callable[[str, Sentences], object]  # question, numbered sentences → what it says


@dataclass(slots=True)
class Model:
    """The running endpoint."""

    says: Says = lambda question, sentences: {"sentences": [{"number": 1, "join": ""}]}
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    knows_json: bool = True
    refuses: int = 0  # status

    def answer(self, body: dict[str, Any]) -> Response:
        """Answer one request."""
        self.asked.append(body)
        if self.refuses:
            return Response(status_code=self.refuses)
        if "response_format" in body and not self.knows_json:
            return JSONResponse({"error": "unknown field"}, 400)
        sent = json.loads(body["messages"][1]["content"])
        said = self.says(sent["question"], sent["sentences"])
        text = said if isinstance(said, str) else json.dumps(said)
        return JSONResponse({"choices": [{"message": {"role": "assistant", "content": text}}]})


@contextmanager
def speaking(says: Says | None = None) -> Iterator[Model]:
    """Run an endpoint on a free port."""
    model, app = Model(), FastAPI()
    if says:
        model.says = says

    @app.post("/v1/chat/completions")
    async def _complete(request: Request) -> Response:
        model.headers.append(dict(request.headers))
        return await run_in_threadpool(model.answer, await request.json())

    @app.get("/v1/models")
    async def _models() -> dict[str, Any]:
        return {"data": [{"id": "small"}]}

    with attacked(app) as server:
        model.url = f"http://127.0.0.1:{server.port}/v1"
        yield model
