"""`POST /mcp`: assistants over HTTP, each request on its own. Whoever asks comes past what the API's requests do."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from app.http.dependencies import SeenDep

PATH = "/mcp"
SERVER = "assistants"  # attribute of the application's state: made when the first assistant comes
router = APIRouter()


@router.post(PATH)
async def assistants(_seen: SeenDep) -> Response:
    """Answer one message of an assistant; what its person works with is ready then."""
    return _Handled()


class _Handled(Response):
    """The SDK answers by itself; nothing is kept between two requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        server: Any = getattr(scope["app"].state, SERVER, None) or await run_in_threadpool(_made, scope)
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)


def _made(scope: Scope) -> Any:
    """Make the server. The SDK takes a second to load, for which no start has to wait."""
    from mcp.server.context import ServerRequestContext

    from app.mcp.caller import Caller
    from app.mcp.server import make_server

    app = scope["app"]

    def find_caller(context: ServerRequestContext[Any, Request]) -> Caller:
        assert context.request is not None  # over HTTP there is always one
        return Caller.of_request(context.request)

    server = make_server(find_caller, app.version)
    setattr(app.state, SERVER, server)
    return server
