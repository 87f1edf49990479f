"""The shapes of the further figures about deals: time, length, money, and who says why."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from app.shapes.derived import Rounded, Shape
from app.shapes.search import BoundsParams
from kb.insight.said_by import Speaker
from kb.insight.scoreboard import OutcomeOf

View = Literal["cohorts", "quarters", "cycle", "money", "said-by", "stages"]


class TimelineParams(BoundsParams):
    """Which deals are counted, and which of them make up a rate."""

    outcome_of: OutcomeOf = Field("decided", description="won among decided (won, lost) or closed (no decision too).")


class PeriodCountsOut(Shape):
    """Deals by outcome."""

    won: int
    lost: int
    no_decision: int
    open: int


class PeriodOut(Shape):
    """The deals of one month or quarter; the share of wins with its 90 % interval."""

    period: str = Field(description="2026-04 or 2026-Q2.")
    counts: PeriodCountsOut
    mean: Rounded
    low: Rounded
    high: Rounded
    is_enough: bool = Field(description="Whether there are five deals for a rate.")
    is_running: bool = Field(description="The period is not over yet.")


class TimelineBaseOut(Shape):
    """All periods together."""

    counts: PeriodCountsOut
    mean: Rounded
    low: Rounded
    high: Rounded


class TimelineOut(Shape):
    """Win rates over time, oldest first."""

    by: Literal["started", "closed"]
    outcome_of: OutcomeOf
    base: TimelineBaseOut
    rows: list[PeriodOut]
    undated: int = Field(description="Deals without the day this needs.")
    earlier: int = Field(description="Deals before the first row.")


class StillOpenOut(Shape):
    """The share of deals still open after so many days, with its 90 % interval."""

    day: int
    at_risk: int
    share: Rounded
    low: Rounded
    high: Rounded


class CycleOut(Shape):
    """Days until deals close, in whatever way (Kaplan-Meier)."""

    closed: int
    open: int
    missing: int = Field(description="Deals without a usable start.")
    median: float | None = Field(description="With open deals; null if fewer than half have closed, or too few.")
    low: int | None
    high: int | None
    median_of_closed: float | None = Field(description="As if open deals did not exist, for comparison.")
    marks: list[StillOpenOut]
    curve: list[StillOpenOut]


class MoneyRateOut(Shape):
    """The decided deals of one currency with an amount."""

    currency: str
    won: int
    lost: int
    won_amount: int
    lost_amount: int
    share: Rounded = Field(description="Of the money that was won.")
    low: Rounded
    high: Rounded
    by_count: Rounded = Field(description="Win rate of the same deals, each counted once.")
    count_low: Rounded
    count_high: Rounded
    largest: Rounded = Field(description="Share of the money that lies in the largest deal.")
    is_enough: bool


class MoneyOut(Shape):
    """The win rate weighted by money; a row per currency."""

    rows: list[MoneyRateOut]
    won_without: int = Field(description="Won deals without an amount.")
    lost_without: int
    is_known: bool = Field(description="Amounts of lost deals are known about as often as those of won ones.")


class SaidReasonOut(BaseModel):
    """How often one side gave a reason, among the deals for which it gave any."""

    outcome: str
    code: str
    label: str
    speaker: Speaker
    count: int
    of: int
    mean: Rounded
    low: Rounded
    high: Rounded
    is_enough: bool


class AgreedOut(Shape):
    """Deals for which both customer and rep gave a reason, and how many share one."""

    outcome: str
    both: int
    same: int


class SaidByOut(BaseModel):
    """Reasons by who gave them."""

    rows: list[SaidReasonOut]
    agreed: list[AgreedOut]
    without_reason: dict[str, int] = Field(description="Deals without any reason, by outcome.")


class StageReasonOut(BaseModel):
    """Lost deals with a reason that ended at a stage."""

    code: str
    label: str
    stage: str
    count: int


class StagesOut(BaseModel):
    """Lost deals by reason and last stage."""

    rows: list[StageReasonOut]
    lost: int
    without_stage: int
    without_reason: int
