"""A server as one person sees it."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from kb.entry import owner_key
from kb.viewer import Role, Viewer


class Signed:
    """Says of every request who sent it, as signing in does."""

    def __init__(self, app: ASGIApp, viewer: Viewer) -> None:
        self._app = app
        self._viewer = viewer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        scope.setdefault("state", {})["viewer"] = self._viewer
        await self._app(scope, receive, send)


def viewer(*audiences: str, person: str = "p1", name: str = "Mori", role: Role = "editor") -> Viewer:
    """Return a person who belongs to some audiences, and whose name in entries is theirs alone."""
    return Viewer(person, name, role, frozenset(audiences), frozenset({owner_key(name)}))


def seen_by(app: FastAPI, who: Viewer | None) -> FastAPI:
    """Let one person send all requests to an application; None: nobody signs in."""
    if who:
        app.user_middleware.append(Middleware(Signed, viewer=who))  # the innermost: nobody overrules it
        app.state.form_owner = who.person
    app.state.patience = None  # however slow the machine
    return app
