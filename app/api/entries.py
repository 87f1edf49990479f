"""Single entries, problems and the playbook over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.http.dependencies import LibraryDep
from app.http.errors import API_ERRORS
from app.shapes.playbook import PlaybookOut
from app.shapes.search import EntryOut, ErrorOut, HitOut, NoParams, ProblemOut, SimilarParams

router = APIRouter(prefix="/api/v1", tags=["entries"], responses=API_ERRORS)
NOT_FOUND: dict[int | str, dict[str, object]] = {404: {"model": ErrorOut, "description": "No entry has this id."}}
EntryId = Annotated[
    str, Path(description="The path below entries without .md", examples=["talk-tracks/price-too-high"])
]
Nothing = Annotated[NoParams, Query()]


@router.get("/entries/{entry_id:path}/similar", responses=NOT_FOUND)
def similar(library: LibraryDep, entry_id: EntryId, params: Annotated[SimilarParams, Query()]) -> list[HitOut]:
    """Return the entries nearest to one in meaning."""
    return [
        HitOut.of(hit, library.loop.trust_of(hit.entry)) for hit in library.search.similar(entry_id, limit=params.limit)
    ]


@router.get("/entries/{entry_id:path}", responses=NOT_FOUND)
def entry(library: LibraryDep, entry_id: EntryId, _params: Nothing) -> EntryOut:
    """Return one entry."""
    return EntryOut.of(library.entries.get(entry_id))


@router.get("/problems")
def problems(library: LibraryDep, _params: Nothing) -> list[ProblemOut]:
    """Return what authors should fix."""
    return [ProblemOut.of(problem) for problem in library.entries.problems()]


@router.get("/playbook")
def playbook(library: LibraryDep, _params: Nothing) -> PlaybookOut:
    """Return what both teams have agreed on."""
    return PlaybookOut.of(library.playbook)
