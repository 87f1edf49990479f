"""Liveness and readiness of the server."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.http.dependencies import ActivityDep, LibraryDep
from app.http.errors import API_ERRORS
from app.shapes.search import NoParams, StateOut

router = APIRouter(tags=["health"], responses={422: API_ERRORS[422]})
Nothing = Annotated[NoParams, Query()]


@router.get("/healthz")
def healthz(request: Request, _params: Nothing) -> dict[str, str]:
    """Return that the process lives, and which knowledge base it serves."""
    return {"status": "ok", "base": request.app.state.base_id}


@router.get("/readyz", responses={503: {"model": StateOut, "description": "There is no index yet."}})
def readyz(library: LibraryDep, activity: ActivityDep, response: Response, _params: Nothing) -> StateOut:
    """Return the state of the index; 503 until there is one."""
    state = library.state()
    response.status_code = 200 if state.ready else 503
    return StateOut.of(state, activity.trouble)
