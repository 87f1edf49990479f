"""Three views of numbers: win rates over time, cycle length, money."""

from __future__ import annotations

from app.charts.drawings import Interval, IntervalPlot, Step, StepCurve
from app.pages.board.panel import Panel
from app.words.reader import Reader
from kb.insight.cycle import CycleLength
from kb.insight.money_rate import MoneyRate, MoneyRates
from kb.insight.rates import LEAST_DECIDED
from kb.insight.timeline import PeriodRate, Timeline


def timeline_panel(found: Timeline, view: str, reader: Reader) -> Panel:
    """Return win rates by start month or by closing quarter."""
    base, counts = found.base, found.base.counts
    decided = _decided(counts.won, counts.lost, counts.no_decision, found.outcome_of)
    numbers = {"won": counts.won, "lost": counts.lost, "none": counts.no_decision, "open": counts.open}
    finding = reader(f"view.{view}_counts", **numbers) if found.rows else ""
    if decided >= LEAST_DECIDED:
        finding = reader.sentences([finding, reader(f"view.rate_{found.outcome_of}", **_percents(base))])
    lines = [
        Interval(_period(row, reader), row.low, row.mean, row.high, _rate(row, reader), "unclear")
        for row in found.rows
        if row.is_enough
    ]
    described = reader("view.picture", name=reader(f"view.{view}"))
    whole = reader("board.base_line", mean=round(base.mean * 100))
    open_column = (reader.label("outcome", "open"),) if found.by == "started" else ()
    return Panel(
        reader(f"view.{view}"), finding, reader(f"view.{view}_limit"),
        (reader(f"view.{view}_column"), *(reader.label("outcome", end) for end in ("won", "lost", "no-decision")),
         *open_column, reader("view.rate")),
        tuple(_period_cells(row, reader, has_open=bool(open_column)) for row in found.rows),
        picture=IntervalPlot(tuple(lines), base.mean, whole, described) if lines else None,
        caption=reader("view.rates_caption"),
        notes=_left_out(found, view, reader),
        empty="" if found.rows else reader(f"view.{view}_empty"),
    )  # fmt: skip


def _left_out(found: Timeline, view: str, reader: Reader) -> tuple[str, ...]:
    undated = reader(f"view.{view}_undated", count=found.undated) if found.undated else ""
    earlier = reader("view.earlier", count=found.earlier) if found.earlier else ""
    return tuple(filter(None, (undated, earlier)))


def cycle_panel(found: CycleLength, reader: Reader) -> Panel:
    """Return how long deals take."""
    numbers = {"closed": found.closed, "open": found.open, "median": found.median, "alone": found.median_of_closed,
               "low": found.low, "high": reader("view.unbounded") if found.high is None else found.high}  # fmt: skip
    numbers["alone"] = reader.number(found.median_of_closed or 0)
    if found.median is not None:
        finding = reader("view.cycle_median", **numbers | {"median": reader.number(found.median)})
        if found.open:
            finding = reader.sentences([finding, reader("view.cycle_alone", **numbers)])
    else:
        key = "view.cycle_not_half" if found.curve else "view.cycle_few"
        finding = reader(key, **numbers, least=LEAST_DECIDED) if found.closed or found.open else ""
    half = reader("view.cycle_half", days=reader.number(found.median or 0))
    described = reader("view.picture", name=reader("view.cycle"))
    steps = tuple(Step(step.day, step.share, step.low, step.high) for step in found.curve)
    rows = tuple(
        (reader("view.cycle_days", count=mark.day), reader.number(mark.at_risk),
         reader("board.numbers", mean=round(mark.share * 100), low=round(mark.low * 100), high=round(mark.high * 100)))
        for mark in found.marks
    )  # fmt: skip
    return Panel(
        reader("view.cycle"), finding, reader("view.cycle_limit"),
        (reader("view.cycle_column"), reader("view.cycle_at_risk"), reader("view.cycle_still")), rows,
        picture=StepCurve(steps, found.median, half, reader("view.cycle_axis"), described) if steps else None,
        caption=reader("view.cycle_caption"),
        notes=(reader("view.cycle_missing", count=found.missing),) if found.missing else (),
        empty="" if steps else reader("view.cycle_empty", least=LEAST_DECIDED),
    )  # fmt: skip


def money_panel(found: MoneyRates, reader: Reader) -> Panel:
    """Return the win rate weighted by money, if the amounts of lost deals are known."""
    lost = sum(row.lost for row in found.rows)
    won = sum(row.won for row in found.rows)
    rated = [row for row in found.rows if row.is_enough] if found.is_known else []
    without = {"won": won, "won_of": won + found.won_without, "lost": lost, "lost_of": lost + found.lost_without}
    finding = reader.sentences([_money_words(row, reader) for row in rated])
    if not rated and found.rows:
        finding = reader("view.money_unknown" if not found.is_known else "view.money_few", **without)
    lines = [line for row in rated for line in _money_lines(row, reader)]
    base = rated[0].by_count if rated else 0.0
    return Panel(
        reader("view.money"), finding, reader("view.money_limit"),
        (reader.field("currency"), reader.label("outcome", "won"), reader.label("outcome", "lost"),
         reader("view.money_won"), reader("view.money_lost"), reader("view.money_share"), reader("view.money_count"),
         reader("view.money_largest")),
        tuple(_money_cells(row, reader, is_rated=row in rated) for row in found.rows),
        picture=IntervalPlot(tuple(lines), base, reader("view.money_base", mean=round(base * 100)),
                             reader("view.picture", name=reader("view.money"))) if lines else None,
        caption=reader("view.money_caption"),
        notes=(reader("view.money_without", **without),) if found.won_without or found.lost_without else (),
        empty="" if rated else reader("view.money_empty"),
    )  # fmt: skip


def _money_words(row: MoneyRate, reader: Reader) -> str:
    numbers = {name: round(getattr(row, name) * 100) for name in ("share", "low", "high", "by_count", "largest")}
    return reader("view.money_finding", currency=row.currency, deals=row.won + row.lost, **numbers)


def _money_lines(row: MoneyRate, reader: Reader) -> list[Interval]:
    weighed, counted = (row.low, row.share, row.high), (row.count_low, row.by_count, row.count_high)
    return [
        Interval(reader(key, currency=row.currency), *rate, _percent_words(*rate, reader), "unclear")
        for key, rate in (("view.money_line", weighed), ("view.money_count_line", counted))
    ]


def _money_cells(row: MoneyRate, reader: Reader, *, is_rated: bool) -> tuple[str, ...]:
    sums = [reader.money(amount, row.currency) for amount in (row.won_amount, row.lost_amount)]
    few = reader("view.no_rate")
    rates = [
        _percent_words(row.low, row.share, row.high, reader) if is_rated else few,
        _percent_words(row.count_low, row.by_count, row.count_high, reader) if is_rated else few,
    ]
    return (row.currency, str(row.won), str(row.lost), *sums, *rates, f"{round(row.largest * 100)}%")


def _period_cells(row: PeriodRate, reader: Reader, *, has_open: bool) -> tuple[str, ...]:
    counts = row.counts
    numbers = (counts.won, counts.lost, counts.no_decision, *((counts.open,) if has_open else ()))
    return (_period(row, reader), *map(str, numbers), _rate(row, reader) if row.is_enough else reader("view.few"))


def _period(row: PeriodRate, reader: Reader) -> str:
    year, part = row.period.split("-")
    if part.startswith("Q"):
        quarter = int(part[1:])
        name = reader("view.quarter", year=year, quarter=quarter, first=quarter * 3 - 2, last=quarter * 3)
    else:
        name = f"{year}/{part}"
    return reader("view.running", period=name) if row.is_running else name


def _rate(row: PeriodRate, reader: Reader) -> str:
    return _percent_words(row.low, row.mean, row.high, reader)


def _percent_words(low: float, mean: float, high: float, reader: Reader) -> str:
    return reader("board.numbers", low=round(low * 100), mean=round(mean * 100), high=round(high * 100))


def _percents(rate: object) -> dict[str, int]:
    return {name: round(getattr(rate, name) * 100) for name in ("mean", "low", "high")}


def _decided(won: int, lost: int, none: int, outcome_of: str) -> int:
    return won + lost + (none if outcome_of == "closed" else 0)
