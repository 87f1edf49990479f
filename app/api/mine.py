"""One's own work over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.http.asker import askers_of
from app.http.dependencies import ActivityDep, LibraryDep
from app.http.errors import API_ERRORS
from app.http.names import names_of
from app.own_work import own_work
from app.shapes.mine import OwnWorkOut
from app.shapes.search import NoParams

router = APIRouter(prefix="/api/v1", tags=["loop"], responses=API_ERRORS)


@router.get("/mine")
def mine(
    request: Request, library: LibraryDep, activity: ActivityDep, _params: Annotated[NoParams, Query()]
) -> OwnWorkOut:
    """Return what waits for whoever is asking; nothing of anybody else."""
    return OwnWorkOut.of(own_work(library, activity, names_of(request), askers_of(request), asks_again=True))
