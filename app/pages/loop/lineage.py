"""The lineage page: where an entry comes from and what came from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from app.charts.tree import Box, tree
from app.http.dependencies import LibraryDep, ReaderDep
from app.pages.cards import Card, card_of
from app.pages.view import render
from app.words.reader import Reader
from kb.choices import OUTCOME_SIGNS
from kb.entry import Entry
from kb.loop.lineage import Lineage, Step

MOST_IN_A_COLUMN = 8  # boxes in the chart; the list has all

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Branch:
    """An entry of the list, with its children."""

    card: Card
    relation: str
    branches: tuple[Branch, ...]


@router.get("/lineage/{entry_id:path}")
def lineage_page(request: Request, library: LibraryDep, reader: ReaderDep, entry_id: str) -> Response:
    """Show the lineage of an entry."""
    found = library.loop.lineage(entry_id)
    context = {
        "card": card_of(found.entry, reader),
        "picture": picture(found, reader) if found else None,
        "is_cut": is_cut(found),
        "earlier": branches(found.earlier, found.entry.id, reader),
        "later": branches(found.later, found.entry.id, reader),
    }
    return render(request, "lineage.html", context)


def branches(steps: Sequence[Step], of: str, reader: Reader) -> tuple[Branch, ...]:
    """Return steps as a tree, from an entry outwards."""
    return tuple(
        Branch(
            card_of(step.entry, reader),
            reader(f"lineage.{step.relation}.{'earlier' if step.generation < 0 else 'later'}"),
            branches(steps, step.entry.id, reader),
        )
        for step in steps
        if step.via == of
    )


def picture(found: Lineage, reader: Reader) -> Markup:
    """Draw a lineage, the earliest generation on the left."""
    shown = _shown(found)
    first = min((step.generation for step in shown), default=0)
    last = max((step.generation for step in shown), default=0)
    boxes = [_box(step.entry, max(0, -first) + step.generation, reader) for step in shown]
    boxes.append(_box(found.entry, max(0, -first), reader, here=True))
    lines = tuple((line.earlier, line.later) for line in found.lines)
    headings = tuple(
        reader("lineage.here") if at == 0 else reader("lineage.before" if at < 0 else "lineage.after", count=abs(at))
        for at in range(min(first, 0), max(last, 0) + 1)
    )
    return tree(tuple(boxes), lines, headings, reader("lineage.picture", title=found.entry.title))


def is_cut(found: Lineage) -> bool:
    """Whether the chart leaves entries out."""
    return len(_shown(found)) < len(found.earlier) + len(found.later)


def _shown(found: Lineage) -> list[Step]:
    """Return the steps for the chart: a limited number per generation, each entry once."""
    counts: dict[int, int] = {}
    kept: dict[str, Step] = {}
    for step in (*found.earlier, *found.later):
        counts[step.generation] = counts.get(step.generation, 0) + 1
        if counts[step.generation] <= MOST_IN_A_COLUMN:
            kept.setdefault(step.entry.id, step)
    return list(kept.values())


def _box(entry: Entry, column: int, reader: Reader, *, here: bool = False) -> Box:
    card = card_of(entry, reader)
    shape = f"{OUTCOME_SIGNS[card.outcome]} " if card.outcome else ""
    note = " · ".join(part for part in (shape + (card.outcome_label or card.kind), card.day) if part)
    return Box(entry.id, column, entry.title, note, "here" if here else card.outcome or "other")
