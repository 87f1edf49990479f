"""What assistants ask and get: small enough for a conversation, with what is needed to cite it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.shapes.derived import ONE, ONE_LINE, WHOLE
from app.shapes.scoreboard import ScoreboardParams
from app.shapes.search import MAX_OFFSET, FilterParams
from app.shapes.similar import RateOut, SimilarDealsIn
from kb.search.query import MAX_QUERY_CHARS

MOST_HITS = 10
MOST_CASES = 5  # deals of each outcome
MOST_ROWS = 20
MOST_NAMED = 5  # ids and wordings beside a row
MOST_PASSAGE = 2_000  # characters; a passage is seldom longer
MOST_TEXT = 8_000  # characters of an entry in one answer
MOST_TITLE = 200  # characters

Offset = Annotated[int, Field(ge=0, le=MAX_OFFSET, description="`next_offset` of the answer before."), WHOLE]
Next = Annotated[int | None, Field(description="`offset` of the next page; null on the last one.")]
EntryId = Annotated[str, Field(min_length=1, max_length=500, json_schema_extra=ONE), ONE_LINE]


class SearchIn(FilterParams):
    """A question."""

    query: str = Field(
        "",
        max_length=MAX_QUERY_CHARS,
        description='Words, a question, "an exact phrase", -excluded; in any language. Empty: the newest entries.',
    )
    limit: Annotated[int, Field(ge=1, le=MOST_HITS), WHOLE] = 5
    offset: Offset = 0


class PassageOut(BaseModel):
    """An entry that was found, with the passage that matches."""

    id: str
    title: str
    kind: str
    outcome: str | None = Field(description="Of a deal: won, lost, no-decision or open.")
    date: str
    heading: str
    passage: str = Field(description="Exactly as written, in Markdown.")
    is_cut: bool = Field(description="The passage goes on; read_entry has all of it.")
    match: str
    trust: str = Field(description="Whether somebody has verified the entry; empty for most deals.")
    address: str = Field(description="To cite.")


class SearchOut(BaseModel):
    """A page of hits."""

    confidence: str = Field(description="How well the best hit answers.")
    note: str = Field(description="What to know about the hits; may be empty.")
    total: int
    hits: list[PassageOut]
    next_offset: Next


class ReadIn(BaseModel):
    """Which entry."""

    model_config = ConfigDict(extra="forbid")

    id: EntryId = Field(description="As search and the other tools return it.")
    offset: Annotated[int, Field(ge=0, le=10**9, description="Characters to skip: `next_offset`."), WHOLE] = 0


class ReadOut(BaseModel):
    """A part of an entry's file, as written."""

    id: str
    title: str
    kind: str
    trust: str
    address: str = Field(description="To cite.")
    text: str = Field(description="The file from `offset` on: front matter and Markdown, exactly as written.")
    total: int = Field(description="Characters of the whole file.")
    next_offset: Next


class SimilarIn(SimilarDealsIn):
    """A live deal."""

    k: Annotated[int, Field(ge=1, le=MOST_CASES, description="Deals of each outcome."), WHOLE] = 3


class CaseOut(BaseModel):
    """A past deal."""

    id: str
    title: str
    customer: str
    outcome: str | None
    date: str
    amount: str
    reasons: list[str] = Field(description="Why it ended so.")
    address: str = Field(description="To cite.")


class CountedRateOut(RateOut):
    """How the nearest deals ended, and the rate of wins with its 90 % interval."""

    n: int = Field(description="Deals that were won or lost.")
    words: str = Field(description="The same as a sentence, with its uncertainty.")
    guide: str = Field(description="Whether such rates have been right here so far.")


class DifferenceRowOut(BaseModel):
    """Something more frequent among the won or the lost deals."""

    what: str
    value: str
    won: int
    won_of: int
    lost: int
    lost_of: int
    more_in: Literal["won", "lost"]
    deals: list[str] = Field(description="Ids of some deals with it.")


class UsedOut(BaseModel):
    """Something used in similar won deals and in none of the lost ones."""

    id: str = Field(description="Of an entry; of an angle its key.")
    title: str
    kind: str
    address: str = Field(description="Of an entry; empty for an angle.")
    because: str
    deals: list[str] = Field(description="Ids of the deals it was used in.")


class CasesOut(BaseModel):
    """Deals like this one."""

    confidence: str
    note: str = Field(description="Why there is nothing to compare with; else empty.")
    understood: dict[str, list[str]] = Field(description="The facts that were compared.")
    rate: CountedRateOut
    won: list[CaseOut]
    lost: list[CaseOut]
    no_decision: list[CaseOut]
    open: list[CaseOut]
    differences: list[DifferenceRowOut]
    used: list[UsedOut]


class BoardIn(ScoreboardParams):
    """What to count by."""

    limit: Annotated[int, Field(ge=1, le=MOST_ROWS), WHOLE] = 10
    offset: Offset = 0


class CountedOut(BaseModel):
    """Deals by outcome; the share of wins among n decided deals, with its 90 % interval."""

    won: int
    lost: int
    no_decision: int
    open: int
    n: int
    rate: float | None = Field(description="0 to 1; null where nothing is decided or the rate means nothing.")
    low: float | None
    high: float | None


class BoardRowOut(CountedOut):
    """One value."""

    key: str
    label: str
    verdict: str = Field(description="Compared with all deals.")
    deals: list[str] = Field(description="Ids of some of its deals, the newest first.")


class BoardOut(BaseModel):
    """A page of rows, the best supported first."""

    note: str
    base: CountedOut = Field(description="All deals within the filters.")
    rows: list[BoardRowOut]
    total: int
    next_offset: Next
    address: str


class GapsIn(BaseModel):
    """Which page."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MOST_ROWS), WHOLE] = 10
    offset: Offset = 0


class GapRowOut(BaseModel):
    """Something people searched for that no entry answers."""

    wording: str
    why: str
    n: int = Field(description="Failed searches.")
    people: int = Field(description="Devices they came from.")
    amount: str = Field(description="Of the open deals it was searched for; empty without.")
    deals: list[str] = Field(description="Ids of some of them.")
    wordings: list[str]
    owner: str
    due: str


class GapsOut(BaseModel):
    """A page of gaps, the most pressing first."""

    gaps: list[GapRowOut]
    total: int
    next_offset: Next
    address: str


class ProposeIn(BaseModel):
    """A new entry."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        description="The whole file in Markdown: front matter with a title and what is known, then the text."
        " Write only what the person said or what entries say; leave out what nobody knows."
    )
    kind: Literal["talk-track", "deal", "campaign", "content", "note"] = Field(
        "note", description="Used when the front matter has no kind."
    )


class NearlyOut(BaseModel):
    """An entry with nearly the same text."""

    id: str
    title: str
    share: float = Field(description="Share of the text in common, 0 to 1.")
    address: str


class ProposedOut(BaseModel):
    """The draft."""

    id: str
    title: str
    status: Literal["draft"] = "draft"
    address: str = Field(description="Where a person completes and publishes it.")
    note: str
    problems: list[str]
    nearly: list[NearlyOut]
