"""What a server answers that cannot open its index yet, since the database or the service that embeds is away."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.data_folder import base_id
from app.http.assets import STATIC, Assets
from app.http.dependencies import locale_of
from app.http.errors import RETRY_SECONDS, error_answer, wants_page
from app.http.methods import HeadMiddleware
from app.http.security import SecurityMiddleware
from app.http.server import server_config
from app.settings import Settings
from app.shapes.health import ReadyOut
from app.words.reader import Reader
from kb.errors import KBError
from kb.search.answer import IndexState

LOOK_SECONDS = 1.0  # between two looks whether it is back
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unopened:
    """What pages are shown with in place of the services."""

    settings: Settings


class _Reading:
    """Chooses the language of each request; nothing else is known of who asks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["reader"] = Reader.of(locale_of(Request(scope)))
        await self.app(scope, receive, send)


def unopened_app(settings: Settings, error: KBError) -> FastAPI:
    """Return a service that lives, is not ready, and answers everything with an error of status 503."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = Unopened(settings)
    app.state.form_key = secrets.token_bytes(32)  # nobody can send a form
    app.state.assets = Assets(STATIC, "/static")

    @app.get("/healthz")
    async def _healthz() -> dict[str, str]:
        return {"status": "ok", "base": base_id(settings.data)}

    @app.get("/readyz")
    async def _readyz(request: Request) -> Response:
        nothing = IndexState(False, "", "", "", 0, 0, 0)
        state = ReadyOut.health(nothing, "", error.sentence, (), request.state.reader, 0)
        return JSONResponse(state.model_dump(), 503, {"retry-after": str(RETRY_SECONDS)})

    async def everything(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        response = error_answer(request, error)
        if request.method == "GET" and wants_page(request):
            response.headers["Refresh"] = str(RETRY_SECONDS)  # the page opens by itself as soon as it can
        await response(scope, receive, send)

    app.mount("/static", app.state.assets)
    app.mount("/", everything)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(SecurityMiddleware, settings=settings)
    app.add_middleware(_Reading)
    return app


def answer_meanwhile(settings: Settings, opened: socket.socket, error: KBError, is_back: Callable[[], bool]) -> bool:
    """Answer on a bound socket, which stays open, until what is away is back; return whether it is.

    Otherwise the server was stopped.
    """
    server = uvicorn.Server(server_config(unopened_app(settings, error), settings.host, settings.port))
    ended, found = threading.Event(), threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_SECONDS):
            try:
                may_open = is_back()
            except Exception:  # opening it says what is wrong
                may_open = True
            if may_open:
                found.set()
                server.should_exit = True
                return

    looking = threading.Thread(target=look, name="unopened", daemon=True)
    looking.start()
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[opened.dup()])
    finally:
        ended.set()
    return found.is_set()
