"""The tables below the scoreboard: angles by industry, reasons by month, campaigns stage by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from app.pages.board.address import BoardAddress
from app.words.addresses import entry_address
from app.words.board_labels import board_labels
from app.words.reader import Reader
from kb.insight.overview import FUNNEL, SIDES, Cell, Monthly, Overview
from kb.library import Library

SHADES = 5  # steps of the colour scale
MOST_REASONS = 8  # of an outcome
MOST_CAMPAIGNS = 12


@dataclass(frozen=True, slots=True)
class HeatCell:
    """Wins of an angle in an industry."""

    words: str = ""  # 3勝1敗 (4件); empty without decided deals
    share: str = ""  # the same in short, 3/4
    shade: int | None = None  # 0 to SHADES - 1; None if too few deals
    address: str = ""  # of the deals


@dataclass(frozen=True, slots=True)
class HeatTable:
    """Angles in rows, industries in columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...]], ...]


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A reason, how often it was given each month, and the address of those deals."""

    name: str
    counts: tuple[int, ...]
    addresses: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class MonthTable:
    """Reasons of one outcome in rows, months in columns."""

    outcome: str
    label: str
    months: tuple[str, ...]
    rows: tuple[MonthRow, ...]


@dataclass(frozen=True, slots=True)
class FunnelStage:
    """A stage and how many reached it."""

    name: str
    count: str  # a dash if not counted
    passed: str  # percent of the previous stage; empty if unknown
    left: float | None  # share of the largest stage, 0 to 1


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """A campaign and its stages."""

    title: str
    address: str
    stages: tuple[FunnelStage, ...]


def heat_table(overview: Overview, asked: BoardAddress, reader: Reader) -> HeatTable:
    """Return the wins of each angle in each industry."""
    cells = {(cell.angle, cell.industry): cell for cell in overview.cells}
    angles = _frequent((cell.angle, cell.decided) for cell in overview.cells)
    industries = _frequent((cell.industry, cell.decided) for cell in overview.cells)
    names = [reader.label("industry", industry) for industry in industries]
    rows = [
        (
            reader.label("angle", angle),
            tuple(_heat(cells.get((angle, industry)), asked, reader) for industry in industries),
        )
        for angle in angles
    ]
    return HeatTable(tuple(names), tuple(rows))


def _frequent(counted: Iterable[tuple[str, int]]) -> list[str]:
    """Return values by number of deals, ties in a stable order."""
    totals: Counter[str] = Counter()
    for value, count in counted:
        totals[value] += count
    return sorted(totals, key=lambda value: (-totals[value], value))


def month_tables(monthly: Monthly, asked: BoardAddress, reader: Reader) -> list[MonthTable]:
    """Return the reasons of wins and losses by month, the most frequent first."""
    months = tuple(month.replace("-", "/") for month in monthly.months)
    tables = []
    for outcome in SIDES:
        mine = [reason for reason in monthly.reasons if reason.outcome == outcome][:MOST_REASONS]
        rows = tuple(
            MonthRow(
                reader.label("reason", reason.code),
                reason.counts,
                tuple(asked.in_month(month, reason.code) for month in monthly.months),
                reason.total,
            )
            for reason in mine
        )
        if rows:
            name = reader.label("outcome", outcome)
            tables.append(MonthTable(outcome, name, months, rows))
    return tables


def funnel_rows(overview: Overview, reader: Reader, library: Library) -> list[FunnelRow]:
    """Return the campaigns, most wins and leads first."""
    ranked = sorted(overview.funnels, key=lambda f: tuple(-(count or 0) for count in reversed(f.counts)))
    shown = ranked[:MOST_CAMPAIGNS]
    titles = board_labels("campaign", [funnel.campaign for funnel in shown], reader, library)
    return [
        FunnelRow(titles[funnel.campaign], entry_address(funnel.campaign), tuple(_stages(funnel.counts, reader)))
        for funnel in shown
    ]


def _stages(counts: tuple[int | None, ...], reader: Reader) -> list[FunnelStage]:
    stages = []
    before: int | None = None
    most = max((count for count in counts if count is not None), default=0)
    for name, count in zip(FUNNEL, counts, strict=True):
        words = reader.number(count) if count is not None else "–"
        passed = reader.percent(count, before) if count is not None and before else ""
        left = count / most if count is not None and most else None
        stages.append(FunnelStage(reader.label("metric", name), words, passed, left))
        before = count if count is not None else before
    return stages


def _heat(cell: Cell | None, asked: BoardAddress, reader: Reader) -> HeatCell:
    if cell is None:
        return HeatCell()
    words = reader("board.counts", won=cell.won, lost=cell.decided - cell.won, decided=cell.decided)
    shade = min(SHADES - 1, int(cell.share * SHADES)) if cell.is_enough else None
    address = asked.deals(angle=cell.angle, industry=cell.industry)
    return HeatCell(words, f"{cell.won}/{cell.decided}", shade, address)
