"""The shapes of saving over HTTP."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.shapes.search import HitOut, ProblemOut
from ingest.names import UNNAMED
from ingest.review import Review
from ingest.store import Saved


class CheckIn(BaseModel):
    """A text to look at."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="The whole file: front matter and Markdown.")
    kind: Literal["", "talk-track", "deal", "campaign", "note"] = Field(
        "", description="Where the front matter does not say it."
    )
    id: str = Field("", max_length=500, description="The entry this text replaces; empty for a new one.")


class WriteIn(BaseModel):
    """A text to save."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="The whole file: front matter and Markdown.")
    kind: Literal["", "talk-track", "deal", "campaign", "note"] = Field(
        "", description="Of a new entry, where the front matter does not say it."
    )
    force: bool = Field(False, description="Save although another entry has the same text.")
    author: str = Field("", max_length=200, description="Who saves; for the history.")
    reason: str = Field("", max_length=1000, description="Why; for the history.")


class SavedOut(BaseModel):
    """What became of a save."""

    id: str
    path: str
    url: str
    content_hash: str = Field(description="SHA-256 of the file; give it as If-Match with the next change.")
    problems: list[ProblemOut]
    findable: bool = Field(description="False: another process is indexing; the entry is found soon.")

    @classmethod
    def of(cls, saved: Saved) -> SavedOut:
        """Shape a save."""
        return cls(
            id=saved.id,
            path=saved.path,
            url=f"/entries/{saved.id}",
            content_hash=saved.content_hash,
            problems=[ProblemOut.of(problem) for problem in saved.problems],
            findable=saved.is_findable,
        )


class NearOut(BaseModel):
    """An entry that says nearly the same."""

    id: str
    title: str
    share: float = Field(description="Of the text in common, 0 to 1.")


class ReviewOut(BaseModel):
    """What a text would be as an entry."""

    title: str = Field(description="Empty where nothing says it.")
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
            problems=[ProblemOut.of(problem) for problem in review.problems],
            same_as=review.same.id if review.same else None,
            nearly=[NearOut(id=t.entry.id, title=t.entry.title, share=round(t.share, 3)) for t in review.near],
            similar=[HitOut.of(hit) for hit in review.similar],
        )
