"""The scoreboard over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.http.dependencies import LibraryDep, ReaderDep, SettingsDep
from app.http.downloads import csv_response
from app.http.errors import API_ERRORS
from app.http.exported import note_export
from app.settings import Settings
from app.shapes.scoreboard import RowOut, ScoreboardOut, ScoreboardParams
from app.words.board_labels import board_labels
from app.words.reader import Reader
from kb.library import Library

router = APIRouter(prefix="/api/v1", tags=["insight"], responses=API_ERRORS)
Params = Annotated[ScoreboardParams, Query()]
_COLUMNS = (
    "key", "label", "won", "lost", "no_decision", "open", "mean", "low", "high", "shrunk_mean", "shrunk_low",
    "shrunk_high", "p_above_base", "verdict", "is_one_sided", "agreement",
)  # fmt: skip
_FAIR = ("odds_ratio", "low", "high", "by", "deals", "not_held", "explained_by")
_RESPONSE = ("shown", "responded", "rate", "low", "high", "source")
_RATE = ("mean", "low", "high")
_BASE = (*(f"base_{name}" for name in _RATE), *(f"base_corrected_{name}" for name in _RATE))
_HEADER = (
    *_COLUMNS, *(f"fair_{name}" for name in _FAIR), *(f"response_{name}" for name in _RESPONSE), "evidence", *_BASE,
)  # fmt: skip


@router.get("/scoreboard")
def scoreboard(library: LibraryDep, settings: SettingsDep, reader: ReaderDep, params: Params) -> ScoreboardOut:
    """Count how deals ended by angle, competitor, talk track …, with 90 % intervals and a fair comparison."""
    return _board(library, settings, reader, params)


@router.get(
    "/scoreboard.csv",
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    response_class=Response,
)
def scoreboard_csv(
    request: Request, library: LibraryDep, settings: SettingsDep, reader: ReaderDep, params: Params
) -> Response:
    """Return the rows of the scoreboard as CSV, each with the rate of all deals, as noted and corrected, to compare."""
    board = _board(library, settings, reader, params)
    note_export(request, "scoreboard", "csv", len(board.rows))
    whole = [getattr(of, name, "") for of in (board.base, board.base.corrected) for name in _RATE]
    return csv_response(f"scoreboard-{params.by}", _HEADER, ([*_cells(row), *whole] for row in board.rows))


def _cells(row: RowOut) -> list[object]:
    """Return a row of the table; a list is one cell with an item per line, since an id may contain spaces."""
    cells = [getattr(row, name) for name in _COLUMNS]
    cells += [getattr(row.fair, name, "") for name in _FAIR] + [getattr(row.response, name, "") for name in _RESPONSE]
    return ["\n".join(cell) if isinstance(cell, list) else cell for cell in [*cells, row.evidence]]


def _board(library: Library, settings: Settings, reader: Reader, params: ScoreboardParams) -> ScoreboardOut:
    board = library.deals.scoreboard(
        params.by, filters=params.filters(), outcome_of=params.outcome_of, strength=settings.strength
    )
    labels = board_labels(params.by, [row.key for row in board.scores.rows], reader, library)
    counted = board.scores.base.counts
    decided = counted.won + counted.lost + (counted.no_decision if params.outcome_of == "closed" else 0)
    note = "" if decided else reader("board.empty_filtered" if params.filters() else "board.empty_lead")
    return ScoreboardOut.of(board, labels, note)
