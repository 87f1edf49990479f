"""What is to be drawn: plain values that a page can make without waiting for whatever draws them."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup

NAMESPACE = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", NAMESPACE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart for wide and for narrow screens; the style sheet shows one of them."""

    wide: Markup
    narrow: Markup


@dataclass(frozen=True, slots=True)
class Interval:
    """A line of the picture; low, mean and high are shares of 1."""

    label: str
    low: float
    mean: float
    high: float
    words: str  # the numbers, at the end of the line
    verdict: str


@dataclass(frozen=True, slots=True)
class IntervalPlot:
    """Rates as dots with their lines, in their order, and the rate of all as a dashed line."""

    rows: tuple[Interval, ...]
    base: float
    base_label: str
    described: str


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A cell; `shade` is None where there is too little to colour."""

    row: int
    column: int
    words: str
    shade: int | None


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Rows and columns with the cells that hold something; shade n is the colour `--heat-n` of the style sheet."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[HeatCell, ...]
    described: str


@dataclass(frozen=True, slots=True)
class Months:
    """How often something was counted, month by month."""

    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MonthBars:
    """A picture of bars for each row, all on the same scale; `outcome` gives the colour."""

    months: tuple[str, ...]
    rows: tuple[Months, ...]
    outcome: str
    described: str


@dataclass(frozen=True, slots=True)
class Stage:
    """How many reached a stage; `share` is that of the most at any stage of the same funnel."""

    label: str
    share: float
    words: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """The stages of one campaign."""

    label: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class FunnelBars:
    """Each funnel with bars as long as the share that is left at each stage."""

    rows: tuple[Funnel, ...]
    described: str


Drawing = IntervalPlot | HeatMap | MonthBars | FunnelBars


def draw(drawing: Drawing) -> Picture:
    """Draw; it takes a tenth of a second, and a second more for the first one."""
    from app.charts import heat, intervals, multiples  # Altair is slow to import: only who draws waits for it

    match drawing:
        case IntervalPlot():
            return intervals.interval_plot(drawing)
        case HeatMap():
            return heat.heat_map(drawing)
        case MonthBars():
            return multiples.month_bars(drawing)
        case FunnelBars():
            return multiples.funnel_bars(drawing)
