"""The stages from lead to win as bars, each against its target and the period before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from xml.etree import ElementTree

from markupsafe import Markup

from app.charts.drawings import Picture
from app.charts.elements import markup, part, picture

KEPT = 64  # cached charts
WIDE, NARROW = 760, 342
LABEL, NUMBERS = 72, 216  # pixels left and right of the bars on a wide screen
ROW, TALL_ROW = 58, 84
BAR, THIN = 18, 6  # height of the bar now, and of the one before
LEAST = 2  # pixels of a bar, so that nothing is seen as something


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """One stage; shares are of the longest bar. None: not counted, or no target."""

    label: str
    now: float | None
    before: float | None
    target: float | None
    words: str  # the number now
    beside: str  # target and number before
    passed: str  # how many of the stage before came here


@lru_cache(KEPT)
def pipeline(stages: tuple[PipelineStage, ...], described: str) -> Picture:
    """Draw the stages in order, for wide and narrow screens."""
    return Picture(_wide(stages, described), _narrow(stages, described))


def _wide(stages: tuple[PipelineStage, ...], described: str) -> Markup:
    root = picture(WIDE, ROW * len(stages), described, "chart chart-wide pipeline")
    room = WIDE - LABEL - NUMBERS
    for at, stage in enumerate(stages):
        top = at * ROW + 18
        _written(root, 0, top + 14, stage.label, "stage-name")
        _bars(root, stage, LABEL, top, room)
        _written(root, LABEL + room + 20, top + 8, stage.words, "stage-words")
        _written(root, LABEL + room + 20, top + 26, stage.beside, "stage-beside")
        _written(root, LABEL, top - 6, stage.passed, "stage-beside")
    return markup(root)


def _narrow(stages: tuple[PipelineStage, ...], described: str) -> Markup:
    root = picture(NARROW, TALL_ROW * len(stages), described, "chart chart-narrow pipeline")
    for at, stage in enumerate(stages):
        top = at * TALL_ROW + 44
        _written(root, 0, top - 26, f"{stage.label}  {stage.words}", "stage-words")
        _written(root, 0, top - 8, " · ".join(filter(None, (stage.passed, stage.beside))), "stage-beside")
        _bars(root, stage, 0, top, NARROW - 4)
    return markup(root)


def _bars(root: ElementTree.Element, stage: PipelineStage, left: int, top: int, room: int) -> None:
    part(root, "rect", x=left, y=top, width=room, height=BAR, rx=3, **{"class": "stage-track"})
    for share, offset, height, kind in ((stage.now, 0, BAR, "now"), (stage.before, BAR + 2, THIN, "before")):
        if share:
            width = max(LEAST, round(share * room))
            part(root, "rect", x=left, y=top + offset, width=width, height=height, rx=2, **{"class": f"stage-{kind}"})
    if stage.target is not None:
        x = left + round(stage.target * room)
        part(root, "line", x1=x, y1=top - 3, x2=x, y2=top + BAR + 3, **{"class": "stage-target"})


def _written(root: ElementTree.Element, x: int, y: int, text: str, kind: str) -> None:
    if text:
        part(root, "text", x=x, y=y, **{"class": kind}).text = text
