"""Further figures about deals over HTTP; each is a tab of the scoreboard and a table as CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.http.dependencies import LibraryDep, ReaderDep
from app.http.downloads import csv_response
from app.http.errors import API_ERRORS
from app.http.exported import note_export
from app.shapes.figures import (
    AgreedOut,
    CycleOut,
    MoneyOut,
    SaidByOut,
    SaidReasonOut,
    StageReasonOut,
    StagesOut,
    TimelineOut,
    TimelineParams,
    View,
)
from app.shapes.search import BoundsParams
from app.words.reader import Reader
from kb.library import Library

router = APIRouter(prefix="/api/v1/scoreboard", tags=["insight"], responses=API_ERRORS)
Params = Annotated[BoundsParams, Query()]
Dated = Annotated[TimelineParams, Query()]
_RATE = ("mean", "low", "high", "is_enough")
_PERIODS = ("period", "won", "lost", "no_decision", "open", *_RATE, "is_running")
_MONEY = (
    "currency", "won", "lost", "won_amount", "lost_amount", "share", "low", "high", "by_count", "count_low",
    "count_high", "largest", "is_enough",
)  # fmt: skip
_COLUMNS: dict[View, Sequence[str]] = {
    "cohorts": _PERIODS,
    "quarters": _PERIODS,
    "cycle": ("day", "at_risk", "share", "low", "high"),
    "money": _MONEY,
    "said-by": ("outcome", "code", "label", "speaker", "count", "of", *_RATE),
    "stages": ("code", "label", "stage", "count"),
}


@router.get("/cohorts")
def cohorts(library: LibraryDep, params: Dated) -> TimelineOut:
    """Return win rates by the month deals began in, with those still open; a period narrows the start."""
    found = library.deals.timeline("started", filters=params.filters(), outcome_of=params.outcome_of)
    return TimelineOut.model_validate(found)


@router.get("/quarters")
def quarters(library: LibraryDep, params: Dated) -> TimelineOut:
    """Return win rates by the quarter deals closed in; no forecast."""
    found = library.deals.timeline("closed", filters=params.filters(), outcome_of=params.outcome_of)
    return TimelineOut.model_validate(found)


@router.get("/cycle")
def cycle(library: LibraryDep, params: Params) -> CycleOut:
    """Return how long deals take, with open ones as not closed yet; a period narrows the start."""
    return CycleOut.model_validate(library.deals.cycle(filters=params.filters()))


@router.get("/money")
def money(library: LibraryDep, params: Params) -> MoneyOut:
    """Return the win rate weighted by money, currencies without a rate apart."""
    return MoneyOut.model_validate(library.deals.money(filters=params.filters()))


@router.get("/said-by")
def said_by(library: LibraryDep, reader: ReaderDep, params: Params) -> SaidByOut:
    """Return reasons by who gave them: customer, rep, manager, or nobody named."""
    found = library.deals.said_by(filters=params.filters())
    rows = [SaidReasonOut(**asdict(row), label=reader.label("reason", row.code, row.outcome)) for row in found.rows]
    agreed = [AgreedOut.model_validate(one) for one in found.agreed]
    return SaidByOut(rows=rows, agreed=agreed, without_reason={end: count for end, count, _ in found.without})


@router.get("/stages")
def stages(library: LibraryDep, reader: ReaderDep, params: Params) -> StagesOut:
    """Return lost deals by reason and last stage, as counts."""
    found = library.deals.reason_stages(filters=params.filters())
    rows = [StageReasonOut(**asdict(row), label=reader.label("reason", row.code, "lost")) for row in found.rows]
    numbers = {name: getattr(found, name) for name in ("lost", "without_stage", "without_reason")}
    return StagesOut(rows=rows, **numbers)


@router.get(
    "/{view}.csv",
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    response_class=Response,
)
def figures_csv(request: Request, library: LibraryDep, reader: ReaderDep, view: View, params: Dated) -> Response:
    """Return the rows of a view as CSV; of the cycle length, the whole curve."""
    columns = _COLUMNS[view]
    rows = [[row.get(name, "") for name in columns] for row in _rows(view, library, reader, params)]
    note_export(request, f"scoreboard/{view}", "csv", len(rows))
    return csv_response(f"scoreboard-{view}", columns, rows)


def _rows(view: View, library: Library, reader: Reader, params: TimelineParams) -> list[dict[str, Any]]:
    """Return the rows of a view as JSON has them, the counts of a period beside its other fields."""
    answers: dict[View, Callable[[], Any]] = {
        "cohorts": lambda: cohorts(library, params).rows,
        "quarters": lambda: quarters(library, params).rows,
        "cycle": lambda: cycle(library, params).curve,
        "money": lambda: money(library, params).rows,
        "said-by": lambda: said_by(library, reader, params).rows,
        "stages": lambda: stages(library, reader, params).rows,
    }
    rows = [row.model_dump() for row in answers[view]()]
    return [{**row, **row.pop("counts", {})} for row in rows]
