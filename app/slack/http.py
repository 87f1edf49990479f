"""`POST /slack/events`: everything Slack sends, each request signed. Slack's framework is loaded with the first one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from app.http.dependencies import ServicesDep
from app.services import Services

if TYPE_CHECKING:
    from slack_bolt import App

    from app.slack.signature import Signatures

PATH = "/slack/events"
DOOR = "slack"  # attribute of the application's state
router = APIRouter()
_making = threading.Lock()


@router.post(PATH)
async def events(request: Request, services: ServicesDep) -> Response:
    """Answer one request of Slack."""
    if not services.settings.slack_over_http:
        raise HTTPException(404, "Slack is not connected to this server.")
    body = await request.body()
    return await run_in_threadpool(_answered, request, services, body)


def prepare(app: FastAPI) -> None:
    """Load Slack's framework, for which the first member who asks would wait too long."""
    _door(app, app.state.services)


class Door:
    """Lets in what Slack has signed."""

    def __init__(self, signatures: Signatures, bot: App) -> None:
        self.signatures = signatures
        self.bot = bot

    def answer(self, request: Request, body: bytes) -> Response:
        """Answer a request that Slack has signed; refuse any other."""
        from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response

        if not self.signatures.accepts(body, request.headers):
            raise HTTPException(401, "The request has no valid signature from Slack.")
        return to_starlette_response(self.bot.dispatch(to_bolt_request(request, body)))


def _answered(request: Request, services: Services, body: bytes) -> Response:
    return _door(request.app, services).answer(request, body)


def _door(app: Any, services: Services) -> Door:
    with _making:
        door: Door | None = getattr(app.state, DOOR, None)
        if door is None:
            from app.slack.bot import make_bot
            from app.slack.signature import Signatures

            signatures = Signatures(services.settings.slack_secret("signing_secret"), services.clock)
            door = Door(signatures, make_bot(services))
            setattr(app.state, DOOR, door)
        return door
