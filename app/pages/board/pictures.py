"""The charts of the scoreboard, built from its tables."""

from __future__ import annotations

from collections.abc import Sequence

from app.charts.drawings import Funnel, FunnelBars, HeatCell, HeatMap, Interval, IntervalPlot, MonthBars, Months, Stage
from app.pages.board.tables import FunnelRow, FunnelStage, HeatTable, MonthTable
from app.words.reader import Reader
from kb.insight.scoreboard import Base

MOST_LINES = 20


def rates_picture(rows: Sequence[Interval], base: Base, name: str, reader: Reader) -> IntervalPlot | None:
    """Return the rows with enough deals; None if there are none."""
    if not rows:
        return None
    whole = reader("board.base_line", mean=round(base.mean * 100))
    return IntervalPlot(tuple(rows[:MOST_LINES]), base.mean, whole, reader("board.picture_rates", name=name))


def heat_picture(table: HeatTable, reader: Reader) -> HeatMap | None:
    """Return angles by industry; None if there is nothing to compare."""
    cells = tuple(
        HeatCell(at, column, cell.share, cell.shade)
        for at, (_, row) in enumerate(table.rows)
        for column, cell in enumerate(row)
        if cell.words
    )
    names = tuple(name for name, _ in table.rows)
    return HeatMap(names, table.columns, cells, reader("board.picture_heat")) if cells else None


def months_picture(table: MonthTable, reader: Reader) -> MonthBars:
    """Return the reasons of one outcome month by month."""
    rows = tuple(Months(row.name, row.counts) for row in table.rows)
    described = reader("board.picture_months", outcome=table.label)
    return MonthBars(table.months, rows, table.outcome, described)


def funnel_picture(rows: Sequence[FunnelRow], reader: Reader) -> FunnelBars | None:
    """Return the campaign funnels; None without campaigns with counts."""
    funnels = tuple(Funnel(row.title, tuple(map(_stage, row.stages))) for row in rows)
    return FunnelBars(funnels, reader("board.picture_funnel")) if funnels else None


def _stage(stage: FunnelStage) -> Stage:
    return Stage(stage.name, stage.left or 0, f"{stage.count} ({stage.passed})" if stage.passed else stage.count)
