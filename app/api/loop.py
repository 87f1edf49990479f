"""The loop over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.http.dependencies import ActivityDep, LibraryDep, ReaderDep
from app.http.errors import API_ERRORS
from app.shapes.loop import BrokenOut
from app.shapes.search import NoParams

router = APIRouter(prefix="/api/v1", tags=["loop"], responses=API_ERRORS)
Nothing = Annotated[NoParams, Query()]


@router.get("/loop")
def loop(library: LibraryDep, activity: ActivityDep, reader: ReaderDep, _params: Nothing) -> BrokenOut:
    """Return where the chain from deals to content and back breaks."""
    return BrokenOut.of(library.loop.broken(activity.days_opened()), reader)
