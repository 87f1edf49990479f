"""The lineage chart: boxes in columns joined by lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.etree import ElementTree

from markupsafe import Markup

from app.charts.elements import markup, part
from app.charts.letters import shortened

BOX, HEIGHT = 208, 50  # pixels of a box
ACROSS, DOWN = 44, 14  # pixels between columns and between boxes
KEPT = 64  # cached charts
LEFT = 12  # left padding of the text in a box
EMS = 14  # full-width letters that fit into a box
HEADING = 26  # above the boxes


@dataclass(frozen=True, slots=True)
class Box:
    """One entry; `kind` gives the colour of its edge."""

    key: str
    column: int  # from 0, the earliest first
    title: str
    note: str
    kind: str


@lru_cache(KEPT)
def tree(
    boxes: tuple[Box, ...], lines: tuple[tuple[str, str], ...], headings: tuple[str, ...], described: str
) -> Markup:
    """Draw boxes with lines from earlier to later, as wide as needed: the region scrolls."""
    columns: list[list[Box]] = [[box for box in boxes if box.column == at] for at in range(len(headings))]
    tallest = max(len(column) for column in columns)
    width = len(columns) * BOX + (len(columns) - 1) * ACROSS + 4
    height = HEADING + tallest * HEIGHT + (tallest - 1) * DOWN + 4
    root = part(None, "svg", viewBox=f"0 0 {width} {height}", width=width, height=height, role="img")
    root.attrib |= {"aria-label": described, "class": "tree"}
    places = {box.key: place for column in columns for box, place in zip(column, _places(column, tallest), strict=True)}
    for earlier, later in lines:
        if earlier in places and later in places:
            _joined(root, places[earlier], places[later])
    for at, heading in enumerate(headings):
        part(root, "text", x=at * (BOX + ACROSS) + 2, y=14, **{"class": "tree-heading"}).text = heading
    for box in boxes:
        _drawn(root, box, *places[box.key])
    return markup(root)


def _places(column: Sequence[Box], tallest: int) -> list[tuple[int, int]]:
    """Return the upper left corner of each box, columns vertically centred."""
    space = (tallest - len(column)) * (HEIGHT + DOWN) // 2
    top = HEADING + space
    return [(2 + box.column * (BOX + ACROSS), top + row * (HEIGHT + DOWN)) for row, box in enumerate(column)]


def _joined(root: ElementTree.Element, start: tuple[int, int], end: tuple[int, int]) -> None:
    if start[0] == end[0]:
        return  # of the same generation: only in the list
    x1, y1, x2, y2 = start[0] + BOX, start[1] + HEIGHT // 2, end[0], end[1] + HEIGHT // 2
    if start[0] > end[0]:
        x1, x2 = start[0], end[0] + BOX
    middle = (x1 + x2) // 2
    part(root, "path", d=f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}", **{"class": "tree-line"})


def _drawn(root: ElementTree.Element, box: Box, x: int, y: int) -> None:
    part(root, "rect", x=x, y=y, width=BOX, height=HEIGHT, rx=6, **{"class": f"tree-box tree-{box.kind}"})
    part(root, "text", x=x + LEFT, y=y + 21, **{"class": "tree-title"}).text = shortened(box.title, EMS)
    part(root, "text", x=x + LEFT, y=y + 39, **{"class": "tree-note"}).text = shortened(box.note, EMS + 1)
