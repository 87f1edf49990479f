"""The meeting over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.search import Language
from app.http.dependencies import GapBoardDep, LibraryDep
from app.http.errors import API_ERRORS
from app.shapes.meeting import MeetingOut, MeetingParams
from app.words.catalogue import choose_locale, texts_for
from app.words.meeting_work import waiting

router = APIRouter(prefix="/api/v1", tags=["insight"], responses=API_ERRORS)


@router.get("/meeting")
def meeting(
    library: LibraryDep, board: GapBoardDep, params: Annotated[MeetingParams, Query()], language: Language = "ja"
) -> MeetingOut:
    """Return the numbers and lists of the meeting on a week or month."""
    texts = texts_for(choose_locale(None, None, language))
    if params.stored and (stored := library.loop.stored_meeting(params.period)):
        return MeetingOut.of(stored)
    return MeetingOut.of(library.loop.meeting(params.period, **waiting(library, board, texts)))
