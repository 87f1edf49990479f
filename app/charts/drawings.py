"""Chart data: plain values a page can build without drawing."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup

NAMESPACE = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", NAMESPACE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart for wide and narrow screens; the style sheet shows one of them."""

    wide: Markup
    narrow: Markup


@dataclass(frozen=True, slots=True)
class Interval:
    """A row of the chart; low, mean and high are shares of 1."""

    label: str
    low: float
    mean: float
    high: float
    words: str  # the numbers, at the end of the line
    verdict: str


@dataclass(frozen=True, slots=True)
class IntervalPlot:
    """Rates as dots with intervals, in order, and the rate of all deals as a dashed line."""

    rows: tuple[Interval, ...]
    base: float
    base_label: str
    described: str


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A cell; `shade` is None if there are too few deals."""

    row: int
    column: int
    words: str
    shade: int | None


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Rows and columns with the non-empty cells; shade n is the colour `--heat-n` of the style sheet.

    `hue` "count" takes `--count-n` instead: many are neither good nor bad.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[HeatCell, ...]
    described: str
    hue: str = "heat"


@dataclass(frozen=True, slots=True)
class Months:
    """Counts by month."""

    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MonthBars:
    """A bar chart per row, all on the same scale; `outcome` gives the colour."""

    months: tuple[str, ...]
    rows: tuple[Months, ...]
    outcome: str
    described: str


@dataclass(frozen=True, slots=True)
class Stage:
    """How many reached a stage; `share` is relative to the largest stage of the funnel."""

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
    """Funnels with bars for the share left at each stage."""

    rows: tuple[Funnel, ...]
    described: str


@dataclass(frozen=True, slots=True)
class Step:
    """From this day on, so large a share is left; with its interval."""

    day: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StepCurve:
    """A share that falls over the days, with its 90 % band, and the day on which half is left."""

    steps: tuple[Step, ...]
    half: float | None
    half_label: str
    days: str  # title of the axis below
    described: str


Drawing = IntervalPlot | HeatMap | MonthBars | FunnelBars | StepCurve
