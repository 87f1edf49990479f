"""Single entries with their parts, problems and the playbook over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from app.http.dependencies import LibraryDep, StoreDep
from app.http.errors import API_ERRORS, declared
from app.shapes.derived import LINE
from app.shapes.loop import LineageOut
from app.shapes.playbook import PlaybookOut
from app.shapes.search import EntryOut, EntryParams, HitOut, NoParams, ProblemOut
from ingest.store import EntryStore
from kb.library import Library

router = APIRouter(prefix="/api/v1", tags=["entries"], responses=API_ERRORS)
NOT_FOUND = declared(_404="No entry has this id.")
FILE = NOT_FOUND | {200: {"content": {"text/markdown": {"schema": {"type": "string"}}}}}
EntryId = Annotated[
    str,
    Path(
        description="The path below entries without .md",
        examples=["talk-tracks/price-too-high"],
        json_schema_extra={"minLength": 1, "pattern": LINE},
    ),
]
Params = Annotated[EntryParams, Query()]
Nothing = Annotated[NoParams, Query()]


@router.get("/entries/{entry_id:path}/similar", responses=NOT_FOUND, response_model=list[HitOut])
def similar(library: LibraryDep, store: StoreDep, entry_id: EntryId, params: Params) -> Response:
    """Return the entries nearest to one in meaning."""
    return _answer(library, store, f"{entry_id}/similar", params)


@router.get("/entries/{entry_id:path}/lineage", responses=NOT_FOUND, response_model=LineageOut)
def lineage(library: LibraryDep, store: StoreDep, entry_id: EntryId, params: Params) -> Response:
    """Return where an entry comes from and what came from it, up to five generations each way."""
    return _answer(library, store, f"{entry_id}/lineage", params)


@router.get("/entries/{entry_id:path}/source", responses=FILE, response_class=Response)
def source(library: LibraryDep, store: StoreDep, entry_id: EntryId, params: Params) -> Response:
    """Return the file of an entry as Markdown; send its ETag as If-Match."""
    return _answer(library, store, f"{entry_id}/source", params)


@router.get("/entries/{entry_id:path}", responses=NOT_FOUND, response_model=EntryOut)
def entry(library: LibraryDep, store: StoreDep, entry_id: EntryId, params: Params) -> Response:
    """Return an entry, or the requested part of it."""
    return _answer(library, store, entry_id, params)


def _answer(library: Library, store: EntryStore, path: str, params: EntryParams) -> Response:
    """Return what a path and `?part=` request: an entry with exactly this id comes before a part."""
    entry_id, part = path, str(params.part)
    if not part and not library.entries.summaries([path]):
        above, _, last = path.rpartition("/")
        if last in ("similar", "lineage", "source"):
            entry_id, part = above, last
    if part == "source":
        found = store.source(entry_id)
        headers = {"ETag": f'"{found.content_hash}"', "Cache-Control": "no-cache"}
        return Response(found.text.encode("utf-8"), media_type="text/markdown; charset=utf-8", headers=headers)
    if part == "similar":
        hits = library.search.similar(entry_id, limit=params.limit)
        return _json([HitOut.of(hit, library.loop.trust_of(hit.entry)) for hit in hits])
    if part == "lineage":
        return _json(LineageOut.of(library.loop.lineage(entry_id)))
    return _json(EntryOut.of(library.entries.get(entry_id)))


def _json(found: BaseModel | list[HitOut]) -> JSONResponse:
    return JSONResponse(jsonable_encoder(found))


@router.get("/problems")
def problems(library: LibraryDep, _params: Nothing) -> list[ProblemOut]:
    """Return the problems authors should fix."""
    return [ProblemOut.model_validate(problem) for problem in library.entries.problems()]


@router.get("/playbook")
def playbook(library: LibraryDep, _params: Nothing) -> PlaybookOut:
    """Return the playbook both teams have agreed on."""
    return PlaybookOut.of(library.playbook)
