"""A share that falls over the days: how many deals are still open."""

from __future__ import annotations

import altair as alt

from app.charts.drawings import Picture, Step, StepCurve
from app.charts.svg import NARROW, WIDE, Layers, drawn

HEIGHT = 220
BESIDE = 56  # for the labels of the share
MOST_STEPS = 150  # of a curve: more are not seen and make the page heavy


def step_curve(curve: StepCurve) -> Picture:
    """Draw the curve with its band, and a line down from where half is left."""
    return Picture(
        drawn(_chart(curve, WIDE - BESIDE), curve.described, "wide"),
        drawn(_chart(curve, NARROW - BESIDE), curve.described, "narrow"),
    )


def _chart(curve: StepCurve, width: int) -> Layers:
    steps = (Step(0, 1.0, 1.0, 1.0), *_thinned(curve.steps))
    values = [{"day": s.day, "share": s.share, "low": s.low, "high": s.high} for s in steps]
    axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1])
    share = alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=axis)
    day = alt.X("day:Q", title=curve.days, axis=alt.Axis(grid=False, tickCount=6), scale=alt.Scale(nice=False))
    chart = alt.Chart(alt.InlineData(values=values)).encode(x=day)
    band = chart.mark_area(interpolate="step-after", opacity=0.18, color="var(--accent)").encode(
        y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 1]), title=None), y2="high:Q"
    )
    line = chart.mark_line(interpolate="step-after", strokeWidth=2, color="var(--accent)").encode(y=share)
    layers: list[alt.Chart] = [band, line]
    if curve.half is not None:
        is_late = curve.half > steps[-1].day / 2  # the label stays inside the picture
        half = alt.Chart(alt.InlineData(values=[{"day": curve.half, "at": 0.5, "to": 0, "label": curve.half_label}]))
        layers += [
            half.mark_rule(strokeDash=[5, 4], color="var(--text)").encode(x="day:Q", y="at:Q", y2="to:Q"),
            half.mark_text(align="right" if is_late else "left", dx=-6 if is_late else 6, dy=-8).encode(
                x="day:Q", y="at:Q", text="label:N"
            ),
        ]
    return alt.layer(*layers).properties(width=width, height=HEIGHT)


def _thinned(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    every = -(-len(steps) // MOST_STEPS)
    return steps if every <= 1 else (*steps[:-1:every], steps[-1])
