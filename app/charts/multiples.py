"""Small multiples: reasons by month, campaign funnels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import altair as alt

from app.charts.drawings import Funnel, FunnelBars, MonthBars, Months, Picture
from app.charts.letters import ems_of, shortened
from app.charts.svg import MUTED, NARROW, SIZE, TEXT, WIDE, Layers, drawn

COLUMNS = 3  # on a wide screen
GAP = 30
SMALL = 11  # font size in pixels
HEIGHT = 56  # of a month chart
COUNT_ROOM = 20  # for the numbers beside it
STAGE_STEP = 22
WORDS_ROOM = 92  # for the numbers beside a bar

Row = TypeVar("Row")


def month_bars(bars: MonthBars) -> Picture:
    """Draw a bar chart for each row, all on the same scale; `outcome` gives the colour."""
    months, rows = bars.months, bars.rows
    most = max(max(row.counts) for row in rows)
    small: dict[str, Any] = {"title": None, "labelColor": MUTED, "labelFontSize": SMALL}
    month = alt.X("month:O", sort=None, scale=alt.Scale(paddingInner=0.25),
                  axis=alt.Axis(grid=False, labelAngle=0, values=[months[0], months[-1]], **small))  # fmt: skip
    count = alt.Y("count:Q", scale=alt.Scale(domain=[0, most], nice=False),
                  axis=alt.Axis(values=[0, most], format="d", **small))  # fmt: skip

    def chart(row: Months, width: float) -> alt.Chart:
        values = [{"month": m, "count": n} for m, n in zip(months, row.counts, strict=True)]
        room = alt.Chart(alt.InlineData(values=values), width=width, height=HEIGHT)
        room = room.properties(title=_title(row.label, width + COUNT_ROOM))
        drawn_bars: alt.Chart = room.mark_bar(color=f"var(--{bars.outcome})").encode(x=month, y=count)
        return drawn_bars

    return _side_by_side(rows, chart, COUNT_ROOM + 8, bars.described)


def funnel_bars(funnels: FunnelBars) -> Picture:
    """Draw each funnel with bars for the share left at each stage."""
    beside = max(ems_of(stage.label) for row in funnels.rows for stage in row.stages) * SIZE + 4
    place = alt.Y("stage:N", sort=None, title=None, axis=alt.Axis(grid=False))

    def chart(row: Funnel, width: float) -> Layers:
        values = [{"stage": s.label, "share": s.share, "words": s.words} for s in row.stages]
        share = alt.X("share:Q", axis=None, scale=alt.Scale(domain=[0, 1], range=[0, width - WORDS_ROOM]))
        stages = alt.Chart(alt.InlineData(values=values)).encode(x=share, y=place)
        bars = stages.mark_bar(color="var(--accent)", opacity=0.75, height=12)
        words = stages.mark_text(align="left", dx=6, fontSize=12).encode(text="words:N")
        return alt.layer(bars, words).properties(
            width=width, height=alt.Step(STAGE_STEP), title=_title(row.label, width + beside)
        )

    return _side_by_side(funnels.rows, chart, beside + 8, funnels.described)


def _title(label: str, width: float) -> alt.TitleParams:
    text = shortened(label, width / SIZE)
    return alt.TitleParams(text, anchor="start", frame="bounds", fontSize=SIZE, fontWeight="bold", color=TEXT, offset=8)


def _side_by_side(
    rows: tuple[Row, ...], chart: Callable[[Row, float], alt.Chart | Layers], beside: float, described: str
) -> Picture:
    """Draw all in columns; `beside` is the space left of each plot."""
    pictures = []
    for whole, columns, kind in ((WIDE, COLUMNS, "wide"), (NARROW, 1, "narrow")):
        width = (whole - GAP * (columns - 1)) / columns - beside
        several = alt.concat(*(chart(row, width) for row in rows), columns=columns, spacing=GAP)
        pictures.append(drawn(several, described, kind))
    return Picture(*pictures)
