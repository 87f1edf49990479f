"""The shape of gaps over HTTP."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from kb.loop.gaps import Gap


class GapOut(BaseModel):
    """Knowledge people searched for that no entry has yet."""

    query: str = Field(description="Identifies the gap.")
    wording: str
    why: Literal["nothing", "weak", "filtered"]
    whys: dict[str, int] = Field(description="Failed searches by reason.")
    times: int
    people: int = Field(description="Devices it was searched from.")
    amount: int = Field(description="Total of the open deals it was searched for, in whole units of `currency`.")
    currency: str = Field(description="The currency of the goal.")
    other_amounts: dict[str, int] = Field(description="Totals in currencies without an exchange rate, not in `amount`.")
    deals: list[str]
    wordings: list[str]
    last: str = Field(description="Last search; UTC, ISO 8601.")
    owner: str
    due: str

    @classmethod
    def of(cls, gap: Gap) -> GapOut:
        """Shape a gap."""
        return cls(
            query=gap.query,
            wording=gap.wording,
            why=gap.why,
            whys=dict(gap.whys),
            times=gap.times,
            people=len(gap.askers),
            amount=gap.amount,
            currency=gap.currency,
            other_amounts=dict(gap.apart),
            deals=list(gap.deals),
            wordings=list(gap.wordings),
            last=gap.last,
            owner=gap.decided.owner if gap.decided else "",
            due=gap.decided.due if gap.decided else "",
        )
