"""The shapes of saving over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.shapes.derived import ONE, ONE_LINE
from app.shapes.search import HitOut, ProblemOut
from app.words.addresses import entry_address
from ingest.names import UNNAMED
from ingest.review import Review
from ingest.stored import Saved


class CheckIn(BaseModel):
    """A text to check."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="The whole file: front matter and Markdown.")
    kind: Literal["", "talk-track", "deal", "campaign", "content", "note"] = Field(
        "", description="Used when the front matter has no kind."
    )
    id: Annotated[str, Field(max_length=500, json_schema_extra=ONE), ONE_LINE] = Field(
        "", description="The entry this text replaces; empty for a new one."
    )


class WriteIn(BaseModel):
    """A text to save."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="The whole file: front matter and Markdown.")
    kind: Literal["", "talk-track", "deal", "campaign", "content", "note"] = Field(
        "", description="For a new entry whose front matter has no kind."
    )
    force: bool = Field(False, description="Save even if another entry has the same text.")
    author: str = Field("", max_length=200, description="Who saves, for the history; ignored where people sign in.")
    reason: str = Field("", max_length=1000, description="Why; for the history.")


class SavedOut(BaseModel):
    """The result of a save."""

    id: str
    path: str
    url: str
    content_hash: str = Field(description="SHA-256 of the file; send it as If-Match with the next change.")
    problems: list[ProblemOut]
    findable: bool = Field(
        description="False: written, but not searchable yet; the server tries again by itself, so do not save again."
    )

    @classmethod
    def of(cls, saved: Saved) -> SavedOut:
        """Shape a save."""
        return cls(
            id=saved.id,
            path=saved.path,
            url=entry_address(saved.id),
            content_hash=saved.content_hash,
            problems=[ProblemOut.model_validate(problem) for problem in saved.problems],
            findable=saved.is_findable,
        )


class NearOut(BaseModel):
    """An entry with nearly the same text."""

    id: str
    title: str
    share: float = Field(description="Share of the text in common, 0 to 1.")


class ReviewOut(BaseModel):
    """The entry a text would become."""

    title: str = Field(description="Empty when there is none.")
    kind: str
    language: str
    problems: list[ProblemOut]
    same_as: str | None = Field(description="Id of an entry with the same text; saving needs `force`.")
    nearly: list[NearOut]
    similar: list[HitOut]

    @classmethod
    def of(cls, review: Review) -> ReviewOut:
        """Shape a review."""
        return cls(
            title=review.entry.title if review.entry.title != UNNAMED else "",
            kind=review.entry.kind,
            language=review.entry.language,
            problems=[ProblemOut.model_validate(problem) for problem in review.problems],
            same_as=review.same.id if review.same else None,
            nearly=[NearOut(id=t.entry.id, title=t.entry.title, share=round(t.share, 3)) for t in review.near],
            similar=[HitOut.of(hit) for hit in review.similar],
        )
