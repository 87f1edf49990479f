"""The shapes of the loop over HTTP."""

from __future__ import annotations

from pydantic import BaseModel

from app.render import entry_address
from kb.entry import Entry
from kb.loop.lineage import Lineage, Step


class NamedOut(BaseModel):
    """An entry by its name."""

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
    """An entry on the way; `generation` is below 0 before the entry asked about."""

    entry: NamedOut
    generation: int
    relation: str
    via: str

    @classmethod
    def of(cls, step: Step) -> StepOut:
        """Shape a step."""
        return cls(entry=NamedOut.of(step.entry), generation=step.generation, relation=step.relation, via=step.via)


class LineOut(BaseModel):
    """A link between two entries shown."""

    earlier: str
    later: str
    relation: str


class LineageOut(BaseModel):
    """Where an entry comes from and what came of it."""

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
            lines=[LineOut(earlier=line.earlier, later=line.later, relation=line.relation) for line in found.lines],
        )
