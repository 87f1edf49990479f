"""The loop over HTTP: what came of an entry, and where the chain breaks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.entries import NOT_FOUND, EntryId
from app.deps import LibraryDep
from app.errors import API_ERRORS
from app.schemas import NoParams
from app.schemas_loop import LineageOut

router = APIRouter(prefix="/api/v1", tags=["loop"], responses=API_ERRORS)
Nothing = Annotated[NoParams, Query()]


@router.get("/entries/{entry_id:path}/lineage", responses=NOT_FOUND)
def lineage(library: LibraryDep, entry_id: EntryId, _params: Nothing) -> LineageOut:
    """Return where an entry comes from and what came of it, at most five generations each way."""
    return LineageOut.of(library.lineage(entry_id))
