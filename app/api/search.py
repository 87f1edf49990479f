"""Search over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query

from app.http.dependencies import LibraryDep, LogbookDep
from app.http.errors import API_ERRORS
from app.shapes.search import AnswerOut, FilterParams, SearchParams
from app.words.catalogue import choose_locale
from kb.loop.logbook import PROGRAM

router = APIRouter(prefix="/api/v1", tags=["search"], responses=API_ERRORS)
Language = Annotated[str, Header(alias="accept-language", description="Language of labels: ja or en.")]


@router.get("/search", response_model_exclude_none=False)
def search(
    library: LibraryDep, logbook: LogbookDep, params: Annotated[SearchParams, Query()], language: Language = "ja"
) -> AnswerOut:
    """Find the entries that best answer a question; without words, list entries newest first."""
    answer = library.search.answer(
        params.q,
        filters=params.filters(),
        sort=params.sort,
        limit=params.limit,
        offset=params.offset,
        explain=params.explain,
    )
    locale = choose_locale(None, None, language)
    if not params.offset:
        logbook.search(answer, params.filters(), PROGRAM, locale)
    return AnswerOut.of(answer, library.playbook, locale, library.loop.trust_of)


@router.get("/entries")
def list_entries(library: LibraryDep, params: Annotated[FilterParams, Query()], language: Language = "ja") -> AnswerOut:
    """List entries, newest first."""
    answer = library.search.answer("", filters=params.filters(), limit=params.limit, offset=params.offset)
    return AnswerOut.of(answer, library.playbook, choose_locale(None, None, language), library.loop.trust_of)
