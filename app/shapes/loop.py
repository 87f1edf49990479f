"""The shapes of the loop over HTTP."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from app.shapes.derived import Shape
from app.shapes.scoreboard import ResponseOut
from app.words.addresses import entry_address
from app.words.reader import Reader
from kb.entry import Entry
from kb.loop.broken import Broken
from kb.loop.lineage import Lineage, Step


class NamedOut(BaseModel):
    """An entry by id and title."""

    id: str
    title: str
    kind: str
    outcome: str | None
    date: str | None
    url: str

    @classmethod
    def of(cls, entry: Entry) -> NamedOut:
        """Name an entry."""
        return cls(
            id=entry.id,
            title=entry.title,
            kind=entry.kind,
            outcome=entry.outcome,
            date=entry.sort_date or None,
            url=entry_address(entry.id),
        )


class StepOut(BaseModel):
    """An entry of the lineage; `generation` is negative before the requested entry."""

    entry: NamedOut
    generation: int
    relation: str
    via: str

    @classmethod
    def of(cls, step: Step) -> StepOut:
        """Shape a step."""
        return cls(entry=NamedOut.of(step.entry), generation=step.generation, relation=step.relation, via=step.via)


class LineOut(Shape):
    """A link between two entries shown."""

    earlier: str
    later: str
    relation: str


class LineageOut(BaseModel):
    """Where an entry comes from and what came from it."""

    entry: NamedOut
    earlier: list[StepOut]
    later: list[StepOut]
    lines: list[LineOut]

    @classmethod
    def of(cls, found: Lineage) -> LineageOut:
        """Shape a lineage."""
        return cls(
            entry=NamedOut.of(found.entry),
            earlier=list(map(StepOut.of, found.earlier)),
            later=list(map(StepOut.of, found.later)),
            lines=[LineOut.model_validate(line) for line in found.lines],
        )


class ProvenOut(BaseModel):
    """A talk track that won deals but is not content yet."""

    entry: NamedOut
    won: list[NamedOut]


class UnusedAngleOut(BaseModel):
    """An angle with responses in campaigns but used in no deal."""

    angle: str
    label: str
    response: ResponseOut


class IdleOut(BaseModel):
    """Content not used in recent deals."""

    entry: NamedOut
    last_used: date | None


class UnansweredOut(BaseModel):
    """A loss reason that no entry answers."""

    reason: str
    label: str
    deals: list[NamedOut]


class BrokenOut(BaseModel):
    """Where the loop breaks."""

    proven: list[ProvenOut]
    angles: list[UnusedAngleOut]
    idle: list[IdleOut]
    unanswered: list[UnansweredOut]

    @classmethod
    def of(cls, found: Broken, reader: Reader) -> BrokenOut:
        """Shape the work list with labels for a reader."""
        return cls(
            proven=[ProvenOut(entry=NamedOut.of(p.entry), won=list(map(NamedOut.of, p.won))) for p in found.proven],
            angles=[
                UnusedAngleOut(
                    angle=angle, label=reader.label("angle", angle), response=ResponseOut.model_validate(response)
                )
                for angle, response in found.angles
            ],
            idle=[IdleOut(entry=NamedOut.of(idle.entry), last_used=idle.last_used) for idle in found.idle],
            unanswered=[
                UnansweredOut(
                    reason=u.reason, label=reader.label("reason", u.reason), deals=list(map(NamedOut.of, u.deals))
                )
                for u in found.unanswered
            ],
        )
