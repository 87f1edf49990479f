"""The loop over HTTP: what came of an entry, and where the chain breaks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.entries import NOT_FOUND, EntryId
from app.http.dependencies import ActivityDep, LibraryDep, ReaderDep
from app.http.errors import API_ERRORS
from app.shapes.loop import BrokenOut, LineageOut
from app.shapes.search import NoParams

router = APIRouter(prefix="/api/v1", tags=["loop"], responses=API_ERRORS)
Nothing = Annotated[NoParams, Query()]


@router.get("/entries/{entry_id:path}/lineage", responses=NOT_FOUND)
def lineage(library: LibraryDep, entry_id: EntryId, _params: Nothing) -> LineageOut:
    """Return where an entry comes from and what came of it, at most five generations each way."""
    return LineageOut.of(library.loop.lineage(entry_id))


@router.get("/loop")
def loop(library: LibraryDep, activity: ActivityDep, reader: ReaderDep, _params: Nothing) -> BrokenOut:
    """Return where the chain from deals to content and back breaks."""
    return BrokenOut.of(library.loop.broken(activity.days_opened()), reader)
