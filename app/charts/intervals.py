"""Rates as dots with their 90 % intervals and the rate of all deals."""

from __future__ import annotations

import altair as alt

from app.charts.drawings import Interval, IntervalPlot, Picture
from app.charts.letters import ems_of, shortened
from app.charts.svg import NARROW, SIZE, TEXT, WIDE, Layers, drawn

LABEL_EMS = 22  # of the labels beside the lines
WORDS_EMS = 10  # of the numbers at the right
STEP, TALL_STEP = 30, 46
COLOURS = {"above": "var(--won)", "below": "var(--lost)"}


def interval_plot(plot: IntervalPlot) -> Picture:
    """Draw the rows in order, and the rate of all deals as a dashed line."""
    return Picture(
        drawn(_wide(plot.rows, plot.base, plot.base_label), plot.described, "wide"),
        drawn(_narrow(plot.rows, plot.base, plot.base_label), plot.described, "narrow"),
    )


def _data(rows: tuple[Interval, ...], ems: float) -> alt.InlineData:
    values = [
        {"at": place, "label": shortened(row.label, ems), "low": row.low, "mean": row.mean, "high": row.high,
         "words": row.words, "colour": COLOURS.get(row.verdict, TEXT)}
        for place, row in enumerate(rows)
    ]  # fmt: skip
    return alt.InlineData(values=values)


def _wide(rows: tuple[Interval, ...], base: float, base_label: str) -> Layers:
    beside = min(LABEL_EMS, max(ems_of(row.label) for row in rows)) * SIZE + 12
    width = WIDE - beside - WORDS_EMS * SIZE
    chart = alt.Chart(_data(rows, LABEL_EMS)).encode(y=_place(0))
    names = chart.mark_text(align="left").encode(x=alt.value(-beside), text="label:N")
    return _layers(chart, names, width, base, base_label).properties(width=width, height=alt.Step(STEP))


def _narrow(rows: tuple[Interval, ...], base: float, base_label: str) -> Layers:
    width = NARROW - WORDS_EMS * SIZE
    chart = alt.Chart(_data(rows, (NARROW - 8) / SIZE)).encode(y=_place(0.5))
    names = chart.mark_text(align="left", dy=-18).encode(x=alt.value(0), text="label:N")
    return _layers(chart, names, width, base, base_label).properties(width=width, height=alt.Step(TALL_STEP))


def _place(padding: float) -> alt.Y:
    return alt.Y("at:O", axis=None, scale=alt.Scale(paddingOuter=padding))


def _layers(chart: alt.Chart, names: alt.Chart, width: float, base: float, base_label: str) -> Layers:
    axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1])
    share = alt.X("low:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=axis)
    colour = alt.Color("colour:N", scale=None)
    reach = chart.mark_rule(strokeWidth=3, opacity=0.55, strokeCap="round").encode(x=share, x2="high:Q", color=colour)
    dot = chart.mark_point(filled=True, size=80, opacity=1).encode(x="mean:Q", color=colour)
    words = chart.mark_text(align="left").encode(x=alt.value(width + 12), text="words:N")
    whole = alt.Chart(alt.InlineData(values=[{"base": base, "label": base_label}]))
    line = whole.mark_rule(strokeDash=[5, 4], color="var(--accent)").encode(x="base:Q")
    name = whole.mark_text(color="var(--accent)", dy=-8, baseline="bottom").encode(
        x="base:Q", y=alt.value(0), text="label:N"
    )
    return alt.layer(line, reach, dot, words, names, name)
