"""The loop between the teams: boxes in a row with numbered arrows, the last of which leads back to the first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from xml.etree import ElementTree

from markupsafe import Markup

from app.charts.drawings import Picture
from app.charts.elements import markup, part, picture

KEPT = 32  # cached charts
BOX, HEIGHT = 104, 62  # pixels of a box on a wide screen
GAP = 106  # between boxes, for an arrow with its number
TALL_BOX, TALL_GAP = 150, 52  # on a narrow screen, where the boxes stand below each other
RETURN = 58  # pixels for the way back
NARROW = 342
HEAD = 6  # of an arrow


@dataclass(frozen=True, slots=True)
class Station:
    """A box, and the arrow that leads on from it."""

    label: str
    count: str
    flow: str  # the number on its arrow
    flow_words: str
    is_dry: bool  # nothing flows on


@lru_cache(KEPT)
def ring(stations: tuple[Station, ...], described: str) -> Picture:
    """Draw the loop for wide and narrow screens."""
    return Picture(_wide(stations, described), _narrow(stations, described))


def _wide(stations: tuple[Station, ...], described: str) -> Markup:
    width = len(stations) * BOX + (len(stations) - 1) * GAP + 4
    root = picture(width, HEIGHT + RETURN + 8, described, "chart chart-wide ring")
    for at, station in enumerate(stations[:-1]):
        start = 2 + at * (BOX + GAP) + BOX
        middle = start + GAP // 2
        _arrow(root, f"M{start + 6} 33H{start + GAP - 8}", (start + GAP - 6, 33, "right"), station)
        _text(root, middle, 24, station.flow, "flow")
        _text(root, middle, 50, station.flow_words, "flow-words")
    last, first, below = width - 2 - BOX // 2, 2 + BOX // 2, HEIGHT + 30
    _arrow(root, f"M{last} {HEIGHT + 4}V{below}H{first}V{HEIGHT + 10}", (first, HEIGHT + 6, "up"), stations[-1])
    _text(root, width // 2, below - 6, stations[-1].flow, "flow")
    _text(root, width // 2, below + 18, stations[-1].flow_words, "flow-words")
    for at, station in enumerate(stations):
        _box(root, 2 + at * (BOX + GAP), 2, BOX, station)
    return markup(root)


def _narrow(stations: tuple[Station, ...], described: str) -> Markup:
    step = HEIGHT + TALL_GAP
    height = len(stations) * step + 4
    root = picture(NARROW, height, described, "chart chart-narrow ring")
    left, middle = 40, 40 + TALL_BOX // 2
    for at, station in enumerate(stations):
        top = 2 + at * step
        _box(root, left, top, TALL_BOX, station)
        if at < len(stations) - 1:
            foot = top + HEIGHT
            _arrow(root, f"M{middle} {foot + 6}V{foot + TALL_GAP - 8}", (middle, foot + TALL_GAP - 6, "down"), station)
            _beside(root, middle + 16, foot + TALL_GAP // 2, station)
    top = 2 + (len(stations) - 1) * step
    way = f"M{left - 4} {top + HEIGHT // 2}H12V{2 + HEIGHT // 2}H{left - 8}"
    _arrow(root, way, (left - 6, 2 + HEIGHT // 2, "right"), stations[-1])
    _beside(root, 12, top + HEIGHT + 22, stations[-1])
    return markup(root)


def _box(root: ElementTree.Element, x: int, y: int, width: int, station: Station) -> None:
    part(root, "rect", x=x, y=y, width=width, height=HEIGHT, rx=8, **{"class": "station"})
    _text(root, x + width // 2, y + 26, station.label, "station-label")
    _text(root, x + width // 2, y + 50, station.count, "station-count")


def _arrow(root: ElementTree.Element, way: str, tip: tuple[int, int, str], station: Station) -> None:
    kind = "dry" if station.is_dry else "wet"
    part(root, "path", d=way, **{"class": f"way way-{kind}"})
    x, y, side = tip
    points = {
        "right": f"{x - HEAD},{y - HEAD} {x + 2},{y} {x - HEAD},{y + HEAD}",
        "up": f"{x - HEAD},{y + HEAD} {x},{y - 2} {x + HEAD},{y + HEAD}",
        "down": f"{x - HEAD},{y - HEAD} {x},{y + 2} {x + HEAD},{y - HEAD}",
    }[side]
    part(root, "polygon", points=points, **{"class": f"tip tip-{kind}"})


def _beside(root: ElementTree.Element, x: int, y: int, station: Station) -> None:
    found = part(root, "text", x=x, y=y + 4, **{"class": "flow-beside"})
    number = part(found, "tspan", **{"class": "flow"})
    number.text, number.tail = station.flow, f" {station.flow_words}"


def _text(root: ElementTree.Element, x: int, y: int, text: str, kind: str) -> None:
    part(root, "text", x=x, y=y, **{"class": kind, "text-anchor": "middle"}).text = text
