"""The shapes of the scoreboard over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel, Field

from app.shapes.search import BoundsParams
from kb.insight.coverage import Coverage
from kb.insight.insights import Board
from kb.insight.response import Response
from kb.insight.scoreboard import Agreement, By, Counts, OutcomeOf, Row, Verdict

DIGITS = 4  # of a share


class ScoreboardParams(BoundsParams):
    """What to count by, within which filters."""

    by: By = Field(description="Dimension of the rows.")
    outcome_of: OutcomeOf = Field("decided", description="won among decided (won, lost) or closed (no decision too).")


class FairOut(BaseModel):
    """Odds of winning with the value against without it, among deals alike otherwise (Mantel-Haenszel)."""

    odds_ratio: float
    low: float
    high: float
    by: list[str] = Field(description="What the compared deals have in common.")
    strata: int
    deals: int


class ResponseOut(BaseModel):
    """How campaigns were answered to."""

    shown: int
    responded: int
    rate: float
    low: float
    high: float
    source: Literal["variants", "metrics"]
    campaigns: list[str]

    @classmethod
    def of(cls, response: Response) -> ResponseOut:
        """Shape a response."""
        return cls(**_rounded(asdict(response)))


class BaseOut(BaseModel):
    """All deals within the filters."""

    won: int
    lost: int
    no_decision: int
    open: int
    mean: float
    low: float
    high: float


class RowOut(BaseModel):
    """One value. Rates are shares of wins with 90 % credible intervals."""

    key: str
    label: str
    won: int
    lost: int
    no_decision: int
    open: int
    mean: float
    low: float
    high: float
    shrunk_mean: float
    shrunk_low: float
    shrunk_high: float
    p_above_base: float
    verdict: Verdict
    is_one_sided: bool = Field(description="A reason that only one outcome has: its rate says nothing.")
    fair: FairOut | None
    agreement: Agreement
    response: ResponseOut | None
    evidence: list[str] = Field(description="Deal ids, newest first.")

    @classmethod
    def of(cls, row: Row, label: str, response: Response | None) -> RowOut:
        """Shape a row."""
        return cls(
            key=row.key,
            label=label,
            **asdict(row.counts),
            **_rounded(asdict(row.rate)),
            verdict=row.verdict,
            is_one_sided=row.is_one_sided,
            fair=FairOut(**_rounded(asdict(row.fair))) if row.fair else None,
            agreement=row.agreement,
            response=ResponseOut.of(response) if response else None,
            evidence=list(row.evidence),
        )


class CoveredOut(BaseModel):
    """Closed deals of one outcome in one segment, and how many have a note."""

    outcome: str
    industry: str
    closed: int
    noted: int
    share: float


class LookedAtOut(BaseModel):
    """What the numbers rest on."""

    deals: int
    decided: int
    without_outcome: int
    without_value: int
    strength: float
    undated: int = Field(description="Closed deals a period leaves out because nobody knows their day.")
    coverage: list[CoveredOut]
    losses_under_recorded: bool
    under_recorded_industries: list[str]


class ScoreboardOut(BaseModel):
    """Rows, the best supported first."""

    by: By
    outcome_of: OutcomeOf
    base: BaseOut
    rows: list[RowOut]
    looked_at: LookedAtOut
    note: str = Field(description="Why there is nothing to say; empty where there is.")

    @classmethod
    def of(cls, board: Board, labels: Mapping[str, str], note: str = "") -> ScoreboardOut:
        """Shape a scoreboard with labels by key."""
        scores = board.scores
        base = _rounded({"mean": scores.base.mean, "low": scores.base.low, "high": scores.base.high})
        return cls(
            by=scores.by,
            outcome_of=scores.outcome_of,
            base=BaseOut(**_counts(scores.base.counts), **base),
            rows=[RowOut.of(row, labels[row.key], board.responses.get(row.key)) for row in scores.rows],
            looked_at=LookedAtOut(**asdict(scores.looked_at), **_coverage(board.coverage)),
            note=note,
        )


def _counts(counts: Counts) -> dict[str, int]:
    return asdict(counts)


def _coverage(coverage: Coverage) -> dict[str, object]:
    rows = [{**asdict(row), "share": round(row.share, DIGITS)} for row in coverage.rows]
    return {
        "coverage": rows,
        "losses_under_recorded": coverage.losses_under_recorded,
        "under_recorded_industries": list(coverage.segments),
    }


def _rounded(values: Mapping[str, object]) -> dict[str, object]:
    return {name: round(value, DIGITS) if isinstance(value, float) else value for name, value in values.items()}
