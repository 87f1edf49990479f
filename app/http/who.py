"""Who is asking, as a dependency of routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from kb.viewer import OPERATOR, Viewer

VIEWER = "viewer"  # attribute of the request state
SESSION = "session"  # likewise: the id of the session; absent where nobody signs in


def viewer_of(request: Request) -> Viewer:
    """Return who is asking; where nobody signs in, the only user of the machine."""
    viewer: Viewer = getattr(request.state, VIEWER, OPERATOR)
    return viewer


def session_of(request: Request) -> str:
    """Return the id of the session a request belongs to; empty without one."""
    session: str = getattr(request.state, SESSION, "")
    return session


async def _viewer(request: Request) -> Viewer:
    return viewer_of(request)


ViewerDep = Annotated[Viewer, Depends(_viewer)]
