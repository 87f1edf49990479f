"""What a route answers to methods that are not its own: HEAD wherever there is GET, OPTIONS, and 405 with Allow."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import BaseRoute, Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.asker import LED_HERE

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")  # of routes; HEAD and OPTIONS are answered for all of them


class HeadMiddleware:
    """Answers HEAD as GET with the same headers and no body; it sets no cookie, and nothing is logged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            elif message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name != b"set-cookie"]
                message = {**message, "headers": kept}
            await send(message)

        state = {**scope.get("state", {}), LED_HERE: True}
        await self.app({**scope, "method": "GET", "state": state}, receive, without_body)


def allowed(scope: Scope) -> list[str]:
    """Return the methods that the address of a request answers, whichever route has them."""
    outside = {**scope, "root_path": scope.get("app_root_path", scope.get("root_path", ""))}  # before any mount
    routes: Iterable[BaseRoute] = scope["app"].routes
    offered = {method for route in routes for method in METHODS if _answers(route, {**outside, "method": method})}
    return sorted(offered | {"OPTIONS"} | ({"HEAD"} if "GET" in offered else set()))


def _answers(route: BaseRoute, scope: Scope) -> bool:
    if isinstance(route, Mount) and scope["method"] != "GET":  # files; a mount itself knows no methods
        return False
    return route.matches(scope)[0] is Match.FULL
