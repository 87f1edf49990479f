"""The shape of the meeting over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from app.shapes.derived import ONE, ONE_LINE
from app.shapes.search import NoParams
from kb.loop.kpis import Figure
from kb.loop.meeting import Ending, LastMeeting, Meeting, Reused, Work
from kb.loop.moved import Moved
from kb.loop.period import Period


class MeetingParams(NoParams):
    """Which meeting."""

    period: Annotated[str, Field(max_length=60, json_schema_extra=ONE), ONE_LINE] = Field(
        "", description="A week (2026-W47) or month (2026-11); empty: the newest week in which something ended."
    )
    stored: bool = Field(False, description="The saved numbers, if there are any, instead of today's records.")


class MeetingOut(BaseModel):
    """The parts of a meeting, in order."""

    period: str
    first_day: date
    last_day: date
    until: str = Field(description="The last day counted of a period that is not over; else empty.")
    closed: int
    ended: int
    figures: tuple[Figure, ...]
    endings: tuple[Ending, ...]
    moved: tuple[Moved, ...]
    reused: tuple[Reused, ...]
    review: Work
    gaps: Work
    broken: Work
    last: LastMeeting | None

    @classmethod
    def of(cls, found: Meeting) -> MeetingOut:
        """Shape a meeting."""
        period = Period.read(found.period)
        own = {name: getattr(found, name) for name in cls.model_fields if name not in ("first_day", "last_day")}
        return cls(first_day=period.start, last_day=period.end, **own)
