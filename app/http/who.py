"""Who is asking, as a dependency of routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from kb.viewer import OPERATOR, Viewer

VIEWER = "viewer"  # attribute of the request state
TOKEN = "token"  # noqa: S105 (likewise: the id of the token a program sent)
TOKEN_NAME = "token_name"  # noqa: S105


def viewer_of(request: Request) -> Viewer:
    """Return who is asking; where nobody signs in, the only user of the machine."""
    viewer: Viewer = getattr(request.state, VIEWER, OPERATOR)
    return viewer


async def _viewer(request: Request) -> Viewer:
    return viewer_of(request)


ViewerDep = Annotated[Viewer, Depends(_viewer)]
