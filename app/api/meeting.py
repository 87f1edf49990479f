"""The meeting over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.http.dependencies import ActivityDep, GapBoardDep, LibraryDep, ReaderDep
from app.http.errors import API_ERRORS
from app.shapes.meeting import MeetingOut, MeetingParams
from app.words.meeting_work import waiting

router = APIRouter(prefix="/api/v1", tags=["insight"], responses=API_ERRORS)


@router.get("/meeting")
def meeting(
    library: LibraryDep,
    board: GapBoardDep,
    activity: ActivityDep,
    reader: ReaderDep,
    params: Annotated[MeetingParams, Query()],
) -> MeetingOut:
    """Return the numbers and lists of the meeting on a week or month."""
    if params.stored and (stored := library.loop.stored_meeting(params.period, activity.figures_of)):
        return MeetingOut.of(stored)
    return MeetingOut.of(library.loop.meeting(params.period, **waiting(library, board, reader)))
