"""Gaps over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.deps import GapBoardDep
from app.errors import API_ERRORS
from app.schemas import NoParams
from app.schemas_gaps import GapOut

router = APIRouter(prefix="/api/v1", tags=["loop"], responses=API_ERRORS)


@router.get("/gaps")
def gaps(board: GapBoardDep, _params: Annotated[NoParams, Query()]) -> list[GapOut]:
    """Return what people searched for in vain, grouped by meaning, the most pressing first."""
    return [GapOut.of(gap) for gap in board.gaps()]
