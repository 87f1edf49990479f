"""Who acts in a request, for the audit log; and requests that are refused."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.who import TOKEN_NAME, VIEWER
from kb.people.acting import Acting, act_as, acting
from kb.people.audit import Audit
from kb.viewer import Viewer

NOBODY = Viewer("", "", "reader", frozenset())
BROWSER = "session"
DENIED = (401, 403)
API_PARTS = 4  # of /api/v1/entries/…


class NotingMiddleware:
    """Says that nobody acts yet, until it is known who does, and has refused requests counted. The outermost one."""

    def __init__(self, app: ASGIApp, audit: Audit) -> None:
        self.app = app
        self.audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        act_as(Acting(NOBODY, "", address_of(scope)))

        async def looked_at(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in DENIED:
                self.audit.denied(route_of(scope), message["status"], acting())
            await send(message)

        await self.app(scope, receive, looked_at)


def act_in(scope: Scope) -> None:
    """Say who acts in a request, once it is known."""
    state = scope.get("state", {})
    viewer: Viewer | None = state.get(VIEWER)
    if viewer is not None:
        way = state.get(TOKEN_NAME) or (BROWSER if viewer.is_signed_in else "")
        act_as(Acting(viewer, way, address_of(scope)))


def address_of(scope: Scope) -> str:
    """Return the network address a request comes from."""
    return str(scope["client"][0]) if scope.get("client") else ""


def route_of(scope: Scope) -> str:
    """Return the route of a request with its parameters unfilled; of one that reached no route, where its path begins.

    A whole path may hold the id of an entry.
    """
    route = getattr(scope.get("route"), "path", "")
    return f"{scope['method']} {route or _beginning(scope['path'])}"


def _beginning(path: str) -> str:
    parts = path.split("/")
    most = API_PARTS if path.startswith("/api/") else 2
    return "/".join(parts[:most]) + ("/…" if len(parts) > most else "")
