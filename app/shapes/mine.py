"""The shape of one's own work over HTTP."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from app.own_work import OwnWork
from app.shapes.loop import NamedOut


class ReviewedOut(BaseModel):
    """An entry to check."""

    entry: NamedOut
    state: Literal["overdue", "needs-review", "verified", "unverified"]


class OwnGapOut(BaseModel):
    """A gap somebody took."""

    query: str = Field(description="Identifies the gap.")
    wording: str
    due: str


class OwnActionOut(BaseModel):
    """An open action of the newest meeting."""

    text: str
    meeting: str = Field(description="The id of the note.")


class AnsweredOut(BaseModel):
    """A search that found nothing, and the entry that answers it now."""

    query: str
    entry: NamedOut


class OwnWorkOut(BaseModel):
    """What waits for whoever is asking."""

    count: int
    drafts: list[NamedOut]
    reviews: list[ReviewedOut]
    gaps: list[OwnGapOut]
    actions: list[OwnActionOut]
    answers: list[AnsweredOut]

    @classmethod
    def of(cls, work: OwnWork) -> OwnWorkOut:
        """Shape own work."""
        note = work.meeting.id if work.meeting else ""
        return cls(
            count=work.count,
            drafts=list(map(NamedOut.of, work.drafts)),
            reviews=[ReviewedOut(entry=NamedOut.of(one), state=standing.state) for one, standing in work.reviews],
            gaps=[OwnGapOut(query=gap.query, wording=gap.wording, due=gap.due) for gap in work.gaps],
            actions=[OwnActionOut(text=task.text, meeting=note) for task in work.actions],
            answers=[AnsweredOut(query=one.query, entry=NamedOut.of(one.entry)) for one in work.answers],
        )
