"""A heat map of shares, with the counts in each cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from app.charts.drawings import HeatMap, Picture
from app.charts.letters import ems_of, shortened, wrapped
from app.charts.svg import MUTED, NARROW, SIZE, TEXT, WIDE, Layers, drawn

LABEL_EMS = 18  # of a row label, at most
NARROW_LABEL_EMS = 9
STEP = 34
SPARE_EMS = 0.2  # between column labels
LINE = 16  # line height of a horizontal column label, in pixels
HEAD_LINES = 4  # of a horizontal column label, at most
COLUMN_EMS = 8  # of a rotated column label, at most
FEW = "var(--heat-few)"


def heat_map(table: HeatMap) -> Picture:
    """Draw the non-empty cells; shade n is the colour `--heat-n` of the style sheet."""
    longest = max(ems_of(row) for row in table.rows)
    return Picture(
        drawn(_chart(table, WIDE, min(LABEL_EMS, longest)), table.described, "wide"),
        drawn(_chart(table, NARROW, min(NARROW_LABEL_EMS, longest)), table.described, "narrow"),
    )


def _chart(table: HeatMap, whole: int, ems: float) -> Layers:
    rows, columns = table.rows, table.columns
    beside = ems * SIZE + 4
    width = whole - beside - 8
    names = [_unique(shortened(row, ems), place) for place, row in enumerate(rows)]
    heads, is_level = _heads(columns, width / len(columns) / SIZE - SPARE_EMS)
    values = [
        {"row": names[c.row], "column": heads[c.column], "words": c.words, "is_few": c.shade is None,
         "colour": FEW if c.shade is None else f"var(--{table.hue}-{c.shade})"}
        for c in table.cells
    ]  # fmt: skip
    place: dict[str, Any] = {"title": None, "grid": False}
    turn: dict[str, Any] = {"labelAngle": -90, "labelPadding": 4}
    if is_level:  # lines grow downwards from the first one
        above = 4 + LINE * max(head.count("\n") + 1 for head in heads)
        turn = {"labelAngle": 0, "labelExpr": "split(datum.label, '\\n')", "labelBaseline": "line-top",
                "labelLineHeight": LINE, "labelPadding": above}  # fmt: skip
    chart = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("column:N", sort=heads, scale=alt.Scale(domain=heads, padding=0),
                axis=alt.Axis(orient="top", **turn, **place)),
        y=alt.Y("row:N", sort=names, scale=alt.Scale(domain=names, padding=0),
                axis=alt.Axis(labelPadding=4, **place)),
    )  # fmt: skip
    boxes = chart.mark_rect(stroke="var(--ground)", strokeWidth=2).encode(color=alt.Color("colour:N", scale=None))
    words = chart.mark_text(fontSize=12).encode(
        text="words:N", color=alt.condition("datum.is_few", alt.value(MUTED), alt.value(TEXT))
    )
    return alt.layer(boxes, words).properties(width=width, height=STEP * len(rows))


def _heads(columns: Sequence[str], ems: float) -> tuple[list[str], bool]:
    """Return the column labels and whether they are horizontal, in wrapped lines: rotated Japanese is hard to read."""
    lines = [wrapped(column, ems, HEAD_LINES) for column in columns]
    if all(lines):
        return [_unique("\n".join(some or ()), place) for place, some in enumerate(lines)], True
    return [_unique(shortened(column, COLUMN_EMS), place) for place, column in enumerate(columns)], False


def _unique(label: str, place: int) -> str:
    """Make labels truncated alike distinct, with invisible characters."""
    return label + "\u200b" * place
