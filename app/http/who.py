"""Who is asking, as a dependency of routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from kb.people.sessions import Session
from kb.viewer import NOBODY, Viewer

VIEWER = "viewer"  # attribute of the request state
SESSION = "session"  # likewise: of a browser that is signed in


def viewer_of(request: Request) -> Viewer:
    """Return who is asking, as `app/signin/middleware.py` found out; without it, nobody."""
    viewer: Viewer = getattr(request.state, VIEWER, NOBODY)
    return viewer


def session_of(request: Request) -> Session | None:
    """Return the session of a browser that is signed in."""
    session: Session | None = getattr(request.state, SESSION, None)
    return session


async def _viewer(request: Request) -> Viewer:
    return viewer_of(request)


ViewerDep = Annotated[Viewer, Depends(_viewer)]
