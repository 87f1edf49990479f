"""Search over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.http.dependencies import LibraryDep, LogbookDep, ReaderDep, ServicesDep
from app.http.errors import API_ERRORS
from app.shapes.ask import AskOut, AskParams
from app.shapes.search import AnswerOut, FilterParams, SearchParams
from kb.loop.gaps import PROGRAM

router = APIRouter(prefix="/api/v1", tags=["search"], responses=API_ERRORS)


@router.get("/search", response_model_exclude_none=False)
def search(
    library: LibraryDep, logbook: LogbookDep, reader: ReaderDep, params: Annotated[SearchParams, Query()]
) -> AnswerOut:
    """Find the entries that best answer a question; without words, list entries newest first."""
    answer = library.search.answer(
        params.q,
        filters=params.filters(),
        sort=params.sort,
        limit=params.limit,
        offset=params.offset,
        explain=params.explain,
        as_typed=params.as_typed,
    )
    if not params.offset:
        logbook.search(answer, params.filters(), PROGRAM, reader.locale)
    return AnswerOut.of(answer, reader, library.loop.trust_of)


@router.get("/ask")
def ask(
    services: ServicesDep,
    library: LibraryDep,
    logbook: LogbookDep,
    reader: ReaderDep,
    params: Annotated[AskParams, Query()],
) -> AskOut:
    """Quote the sentences that answer a question, exactly as they stand in the entries; none where nothing answers."""
    answer = library.search.answer(params.q, filters=params.filters(), as_typed=params.as_typed, quote=True)
    logbook.search(answer, params.filters(), PROGRAM, reader.locale)
    return AskOut.of(answer, services.summariser.of(answer) if params.summary else None)


@router.get("/entries")
def list_entries(library: LibraryDep, reader: ReaderDep, params: Annotated[FilterParams, Query()]) -> AnswerOut:
    """List entries, newest first."""
    answer = library.search.answer("", filters=params.filters(), limit=params.limit, offset=params.offset)
    return AnswerOut.of(answer, reader, library.loop.trust_of)
