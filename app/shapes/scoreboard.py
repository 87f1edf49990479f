"""The shapes of the scoreboard over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.shapes.derived import Rounded, Shape
from app.shapes.search import BoundsParams
from kb.insight.coverage import Coverage
from kb.insight.insights import Board
from kb.insight.response import Response
from kb.insight.scoreboard import Agreement, By, OutcomeOf, Row, Verdict


class ScoreboardParams(BoundsParams):
    """What to count by, within which filters."""

    by: By = Field(description="Dimension of the rows.")
    outcome_of: OutcomeOf = Field("decided", description="won among decided (won, lost) or closed (no decision too).")


class OddsOut(Shape):
    """Odds ratio of winning with and without the value, within the groups of one factor (Mantel-Haenszel)."""

    by: str
    odds_ratio: Rounded
    low: Rounded
    high: Rounded


class FairOut(Shape):
    """Odds ratio of winning with and without the value, all factors together (ridge logistic regression)."""

    odds_ratio: Rounded
    low: Rounded
    high: Rounded
    by: list[str] = Field(description="What was held equal.")
    strata: int
    deals: int
    not_held: list[str] = Field(description="What could not be held equal: unknown, or without counterparts.")
    singles: list[OddsOut] = Field(description="By one factor at a time.")
    explained_by: list[str] = Field(description="Factors that take a plain difference away.")
    p_above: Rounded = Field(description="Probability that the value goes with more wins among like deals.")


class ResponseOut(Shape):
    """Responses in campaigns."""

    shown: int
    responded: int
    rate: Rounded
    low: Rounded
    high: Rounded
    source: Literal["variants", "metrics"]
    campaigns: list[str]


class CorrectedOut(Shape):
    """A win rate corrected for missing notes, by the totals of the playbook, with its 90 % interval."""

    mean: Rounded
    low: Rounded
    high: Rounded


class BaseOut(BaseModel):
    """All deals within the filters."""

    won: int
    lost: int
    no_decision: int
    open: int
    mean: Rounded
    low: Rounded
    high: Rounded
    corrected: CorrectedOut | None = Field(description="With the deals nobody wrote down; null without totals.")


class RowOut(BaseModel):
    """One value. Rates are shares of wins with 90 % credible intervals."""

    key: str
    label: str
    won: int
    lost: int
    no_decision: int
    open: int
    mean: Rounded
    low: Rounded
    high: Rounded
    shrunk_mean: Rounded
    shrunk_low: Rounded
    shrunk_high: Rounded
    p_above_base: Rounded
    verdict: Verdict
    is_one_sided: bool = Field(description="A reason given for one outcome only: its rate is meaningless.")
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
            **asdict(row.rate),
            verdict=row.verdict,
            is_one_sided=row.is_one_sided,
            fair=FairOut.model_validate(row.fair) if row.fair else None,
            agreement=row.agreement,
            response=ResponseOut.model_validate(response) if response else None,
            evidence=list(row.evidence),
        )


class CoveredOut(Shape):
    """Closed deals of one outcome in one segment, and how many have a note."""

    outcome: str
    industry: str
    closed: int
    noted: int
    share: Rounded


class LookedAtOut(BaseModel):
    """What the numbers are based on."""

    deals: int
    decided: int
    without_outcome: int
    uncounted: int = Field(description="Deals with a repeated CRM number or a closing day in the future; not counted.")
    without_value: int
    strength: float
    undated: int = Field(description="Closed deals without a date, left out of any period.")
    coverage: list[CoveredOut]
    losses_under_recorded: bool
    under_recorded_industries: list[str]
    wins_under_recorded: bool
    wins_under_recorded_industries: list[str]


class ScoreboardOut(BaseModel):
    """Rows, the best supported first."""

    by: By
    outcome_of: OutcomeOf
    base: BaseOut
    rows: list[RowOut]
    looked_at: LookedAtOut
    note: str = Field(description="Why there are no rows; else empty.")

    @classmethod
    def of(cls, board: Board, labels: Mapping[str, str], note: str = "") -> ScoreboardOut:
        """Shape a scoreboard with labels by key."""
        scores = board.scores
        base: dict[str, Any] = {name: getattr(scores.base, name) for name in ("mean", "low", "high")}
        base["corrected"] = CorrectedOut.model_validate(board.corrected) if board.corrected else None
        return cls(
            by=scores.by,
            outcome_of=scores.outcome_of,
            base=BaseOut(**asdict(scores.base.counts), **base),
            rows=[RowOut.of(row, labels[row.key], board.responses.get(row.key)) for row in scores.rows],
            looked_at=LookedAtOut(**asdict(scores.looked_at), **_coverage(board.coverage)),
            note=note,
        )


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "coverage": [CoveredOut.model_validate(row) for row in coverage.rows],
        "losses_under_recorded": coverage.losses_under_recorded,
        "under_recorded_industries": list(coverage.segments),
        "wins_under_recorded": coverage.wins_under_recorded,
        "wins_under_recorded_industries": list(coverage.segments_without_wins),
    }
