"""Two views of reasons: who gave them, and at which stage deals were lost for them."""

from __future__ import annotations

from collections import Counter

from app.charts.drawings import HeatCell, HeatMap
from app.pages.board.panel import Panel, Side
from app.words.reader import Reader
from kb.insight.said_by import SPEAKERS, SaidBy, SaidReason, StageReasons

MOST_BARS = 8  # reasons in a column
MOST_REASONS, MOST_STAGES = 10, 8  # in the picture; the table has all
SHADES = 5


def said_by_panel(found: SaidBy, reader: Reader) -> Panel:
    """Return reasons side by side: customer, rep, manager, and those nobody is named for."""
    sides = tuple(side for outcome in ("lost", "won") if (side := _side(found, outcome, reader)))
    rows = tuple(
        (reader.label("reason", row.code, row.outcome), reader.label("outcome", row.outcome),
         reader(f"view.said-by_{row.speaker}"), reader("view.of", count=row.count, of=row.of), _share(row, reader))
        for row in found.rows
        if row.count
    )  # fmt: skip
    notes = tuple(
        reader("view.said-by_without", outcome=reader.label("outcome", outcome), count=count, of=of)
        for outcome, count, of in found.without
        if count
    )
    return Panel(
        reader("view.said-by"), "", reader("view.said-by_limit"),
        (reader.field("reasons"), reader.field("outcome"), reader("view.said-by_column"), reader("view.deals"),
         reader("view.share")),
        rows, texts=3, notes=notes, sides=sides, empty="" if rows else reader("view.said-by_empty"),
    )  # fmt: skip


def _side(found: SaidBy, outcome: str, reader: Reader) -> Side | None:
    mine = [row for row in found.rows if row.outcome == outcome and row.count]
    if not mine:
        return None
    agreed = next(one for one in found.agreed if one.outcome == outcome)
    longest = max(row.count for row in mine)
    columns = []
    for speaker in SPEAKERS:
        theirs = sorted((row for row in mine if row.speaker == speaker), key=lambda row: -row.count)
        if not theirs and speaker == "unnamed":
            continue
        of = next(row.of for row in found.rows if row.outcome == outcome and row.speaker == speaker)
        heading = reader("view.said-by_heading", who=reader(f"view.said-by_{speaker}"), count=of)
        bars = tuple(
            (reader.label("reason", row.code, outcome), reader("view.of", count=row.count, of=row.of),
             round(100 * row.count / longest, 1))
            for row in theirs[:MOST_BARS]
        )  # fmt: skip
        columns.append((heading, bars))
    words = reader("view.said-by_agreed", both=agreed.both, same=agreed.same) if agreed.both else ""
    return Side(outcome, reader.label("outcome", outcome), words, tuple(columns))


def _share(row: SaidReason, reader: Reader) -> str:
    if not row.is_enough:
        return reader("view.few")
    return reader("board.numbers", low=round(row.low * 100), mean=round(row.mean * 100), high=round(row.high * 100))


def stages_panel(found: StageReasons, reader: Reader) -> Panel:
    """Return lost deals by reason and stage, as counts."""
    names = {row.code: reader.label("reason", row.code, "lost") for row in found.rows}
    rows = tuple((names[row.code], row.stage, str(row.count)) for row in found.rows)
    finding = ""
    if found.rows:
        most = max(found.rows, key=lambda row: row.count)
        finding = reader(
            "view.stages_finding", stage=most.stage, reason=names[most.code], count=most.count, lost=found.lost
        )
    notes = tuple(
        reader(f"view.stages_{name}", count=getattr(found, name), lost=found.lost)
        for name in ("without_stage", "without_reason")
        if getattr(found, name)
    )
    return Panel(
        reader("view.stages"), finding, reader("view.stages_limit"),
        (reader.field("reasons"), reader.field("stage"), reader("view.deals")), rows, 2,
        _stage_picture(found, names, reader), reader("view.stages_caption"), notes,
        empty="" if rows else reader("view.stages_empty"),
    )  # fmt: skip


def _stage_picture(found: StageReasons, names: dict[str, str], reader: Reader) -> HeatMap | None:
    totals: Counter[str] = Counter()
    for row in found.rows:
        totals[row.stage] += row.count
    codes = list(dict.fromkeys(row.code for row in found.rows))[:MOST_REASONS]
    stages = [stage for stage, _ in totals.most_common(MOST_STAGES)]
    if not codes:
        return None
    most = max(row.count for row in found.rows)
    cells = tuple(
        HeatCell(codes.index(row.code), stages.index(row.stage), str(row.count),
                 min(SHADES - 1, SHADES * row.count // (most + 1)))
        for row in found.rows
        if row.code in codes and row.stage in stages
    )  # fmt: skip
    described = reader("view.picture", name=reader("view.stages"))
    return HeatMap(tuple(names[code] for code in codes), tuple(stages), cells, described, hue="count")
