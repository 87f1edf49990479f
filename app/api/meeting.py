"""The meeting over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.deps import LibraryDep
from app.errors import API_ERRORS
from app.schemas_meeting import MeetingOut, MeetingParams

router = APIRouter(prefix="/api/v1", tags=["insight"], responses=API_ERRORS)


@router.get("/meeting")
def meeting(library: LibraryDep, params: Annotated[MeetingParams, Query()]) -> MeetingOut:
    """Return the numbers and lists of the meeting on a week or month."""
    return MeetingOut.of(library.meeting(params.period))
