"""Who acts in a request, for the audit log; and requests that are refused."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.allowed import ALLOWED
from app.http.who import TOKEN_NAME, VIEWER
from kb.people.acting import Acting, act_as, acting
from kb.people.audit import Audit
from kb.viewer import NOBODY, Viewer

BROWSER = "session"
DENIED = (401, 403)
API_PARTS = 4  # of /api/v1/entries/…
UNKNOWN = "…"  # what anybody can make up


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

    A whole path may hold the id of an entry, and one that begins like none of ours could be anything.
    """
    route = getattr(scope.get("route"), "path", "")
    if route:
        return f"{scope['method']} {route}"
    beginning = _beginning(scope["path"])
    if beginning not in _BEGINNINGS:
        return UNKNOWN
    method = scope["method"] if scope["method"] in _METHODS else UNKNOWN
    return f"{method} {beginning}" + ("/…" if len(scope["path"]) > len(beginning) else "")


def _beginning(path: str) -> str:
    return "/".join(path.split("/")[: API_PARTS if path.startswith("/api/") else 2])


_METHODS, _PATHS = ({route.split(" ")[part] for route in ALLOWED} for part in (0, 1))
_BEGINNINGS = {_beginning(path) for path in _PATHS}
