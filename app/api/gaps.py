"""Gaps over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.http.dependencies import GapBoardDep
from app.http.errors import API_ERRORS
from app.shapes.gaps import GapOut
from app.shapes.search import NoParams

router = APIRouter(prefix="/api/v1", tags=["loop"], responses=API_ERRORS)


@router.get("/gaps")
def gaps(board: GapBoardDep, _params: Annotated[NoParams, Query()]) -> list[GapOut]:
    """Return failed searches, grouped by meaning, the most pressing first."""
    return [GapOut.of(gap) for gap in board.gaps()]
