"""The page that shows where an entry comes from and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from app.charts.tree import Box, tree
from app.http.dependencies import LibraryDep
from app.pages.cards import Card, card_of
from app.pages.view import render, texts_of
from app.words.catalogue import Texts
from kb.choices import OUTCOME_SIGNS
from kb.entry import Entry
from kb.library import Library
from kb.loop.lineage import Lineage, Step

MOST_IN_A_COLUMN = 8  # boxes of the picture; the list has all

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Branch:
    """An entry of the list, with what hangs on it."""

    card: Card
    relation: str
    branches: tuple[Branch, ...]


@router.get("/lineage/{entry_id:path}")
def lineage_page(request: Request, library: LibraryDep, entry_id: str) -> Response:
    """Show the lineage of an entry."""
    found, texts = library.loop.lineage(entry_id), texts_of(request)
    context = {
        "card": card_of(found.entry, texts, library.playbook),
        "picture": picture(found, texts, library) if found else None,
        "is_cut": is_cut(found),
        "earlier": branches(found.earlier, found.entry.id, texts, library),
        "later": branches(found.later, found.entry.id, texts, library),
    }
    return render(request, "lineage.html", context)


def lineage_address(entry_id: str) -> str:
    """Return the address of the page."""
    return "/lineage/" + quote(entry_id)


def branches(steps: Sequence[Step], of: str, texts: Texts, library: Library) -> tuple[Branch, ...]:
    """Return steps as a tree, from an entry outwards."""
    return tuple(
        Branch(
            card_of(step.entry, texts, library.playbook),
            texts(f"lineage.{step.relation}.{'earlier' if step.generation < 0 else 'later'}"),
            branches(steps, step.entry.id, texts, library),
        )
        for step in steps
        if step.via == of
    )


def picture(found: Lineage, texts: Texts, library: Library) -> Markup:
    """Draw a lineage, the earliest generation on the left."""
    shown = _shown(found)
    first = min((step.generation for step in shown), default=0)
    last = max((step.generation for step in shown), default=0)
    boxes = [_box(step.entry, max(0, -first) + step.generation, texts, library) for step in shown]
    boxes.append(_box(found.entry, max(0, -first), texts, library, here=True))
    lines = tuple((line.earlier, line.later) for line in found.lines)
    headings = tuple(
        texts("lineage.here") if at == 0 else texts("lineage.before" if at < 0 else "lineage.after", count=abs(at))
        for at in range(min(first, 0), max(last, 0) + 1)
    )
    return tree(tuple(boxes), lines, headings, texts("lineage.picture", title=found.entry.title))


def is_cut(found: Lineage) -> bool:
    """Whether the picture leaves entries out."""
    return len(_shown(found)) < len(found.earlier) + len(found.later)


def _shown(found: Lineage) -> list[Step]:
    """Return the steps for the picture: so many of a generation, each entry once."""
    counts: dict[int, int] = {}
    kept: dict[str, Step] = {}
    for step in (*found.earlier, *found.later):
        counts[step.generation] = counts.get(step.generation, 0) + 1
        if counts[step.generation] <= MOST_IN_A_COLUMN:
            kept.setdefault(step.entry.id, step)
    return list(kept.values())


def _box(entry: Entry, column: int, texts: Texts, library: Library, *, here: bool = False) -> Box:
    card = card_of(entry, texts, library.playbook)
    shape = f"{OUTCOME_SIGNS[card.outcome]} " if card.outcome else ""
    note = " · ".join(part for part in (shape + (card.outcome_label or card.kind), card.day) if part)
    return Box(entry.id, column, entry.title, note, "here" if here else card.outcome or "other")
