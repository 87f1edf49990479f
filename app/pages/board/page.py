"""The scoreboard page: which angles, talk tracks and competitors go with wins, and how certain that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from app.charts.drawings import Drawing
from app.http.dependencies import GalleryDep, LibraryDep, ReaderDep, SettingsDep
from app.pages.board.address import PAGE, SORTS, VIEWS, BoardAddress
from app.pages.board.pictures import MOST_LINES, funnel_picture, heat_picture, months_picture, rates_picture
from app.pages.board.rows import RowView, counts_words, finding, reason_finding, row_views
from app.pages.board.tables import funnel_rows, heat_table, month_tables
from app.pages.board.views import panel_of
from app.pages.view import render
from app.services import Services
from app.words.catalogue import LOCALES
from app.words.deals import corrected_words, dimension_name
from app.words.reader import Reader
from kb.fields import SEGMENTS
from kb.insight.insights import Board
from kb.insight.overview import Overview
from kb.insight.rates import LEAST_DECIDED
from kb.insight.scoreboard import BYS, Base
from kb.library import Library

router = APIRouter()


@router.get(PAGE)
def scoreboard_page(
    request: Request, library: LibraryDep, settings: SettingsDep, gallery: GalleryDep, reader: ReaderDep
) -> Response:
    """Show how deals ended by the values of one dimension."""
    asked = BoardAddress.read(request.query_params)
    if asked.view:
        panel = panel_of(asked.view, asked, library, reader)
        picture = gallery.frame(panel.picture) if panel.picture else None
        csv = asked.to(f"/api/v1/scoreboard/{asked.view}.csv", view="", by="", sort="")
        context = {"panel": panel, "picture": picture, "csv": csv, **_head(asked, library, reader)}
        return render(request, "board_view.html", context)
    board, overview = _counted(asked, library, settings.strength)
    rows = row_views(board, asked, reader, library)
    context = {
        **_head(asked, library, reader),
        "name": dimension_name(asked.by, reader),
        "rows": rows,
        "base": base_words(board.scores.base, asked.outcome_of, reader),
        "corrected": corrected_words(board.corrected, reader),
        "looked_at": board.scores.looked_at,
        "finding": (reason_finding if asked.by == "reason" else finding)(rows, board.scores.base.counts, reader),
        "warning": coverage_words(board, reader),
        "coverage": _coverage(board, reader),
        "sorts": [(sort, reader(f"board.sort_{sort}"), asked.to(sort=sort)) for sort in SORTS],
        "csv": asked.to("/api/v1/scoreboard.csv", sort=""),
        **_pictured(asked, rows, board, overview, reader, library, gallery.frame),
    }
    return render(request, "scoreboard.html", context)


def _head(asked: BoardAddress, library: Library, reader: Reader) -> dict[str, Any]:
    """Return the tabs, the filters and how many deals there are for those who see a part."""
    seen = 0 if library.shows_everything else len(library.deals.table.counted)
    return {
        "part": reader.counted("board.part", seen) if seen else "",
        "asked": asked,
        "tabs": [(tab_name(by, reader), asked.to(by=by, view=""), by == asked.by and not asked.view) for by in BYS],
        "views": [(reader(f"view.{view}_tab"), asked.to(view=view), view == asked.view) for view in VIEWS],
        "active": _active(asked, reader),
        "periods": asked.periods(reader.today),
        "choices": _choices(asked, reader),
    }


def tab_name(by: str, reader: Reader) -> str:
    """Return what a tab is called: that of competitors is more than their name, that of campaigns is short."""
    return reader(f"board.tab_{by}") if by in ("competitor", "campaign") else dimension_name(by, reader)


@router.get("/pictures/{key}")
def picture(gallery: GalleryDep, key: str) -> Response:
    """Return a chart that was not ready when its page was sent, once it is drawn."""
    found = gallery.find(key)
    if found is None:
        raise HTTPException(404)
    return HTMLResponse(found.wide + found.narrow, headers={"Cache-Control": "no-store"})


def prepare(services: Services, library: Library, is_over: Callable[[], bool]) -> None:
    """Draw the charts of every tab without filters, in both languages, in advance."""
    readers = [Reader.of(locale, library.playbook, services.clock) for locale in LOCALES]
    for by in BYS:
        asked = BoardAddress.read(QueryParams({"by": by}))
        board, overview = _counted(asked, library, services.settings.strength)
        for reader in readers:
            if is_over():
                return
            rows = row_views(board, asked, reader, library)
            _pictured(asked, rows, board, overview, reader, library, services.gallery.prepare)
    for view in VIEWS:
        asked = BoardAddress.read(QueryParams({"view": view}))
        for reader in readers:
            if is_over():
                return
            if picture := panel_of(view, asked, library, reader).picture:
                services.gallery.prepare(picture)


def _counted(asked: BoardAddress, library: Library, strength: float) -> tuple[Board, Overview]:
    within = asked.search.filters
    board = library.deals.scoreboard(
        asked.by,  # type: ignore[arg-type]
        filters=within,
        outcome_of=asked.outcome_of,  # type: ignore[arg-type]
        strength=strength,
    )
    return board, library.deals.overview(filters=within, outcome_of=board.scores.outcome_of, strength=strength)


def _pictured(
    asked: BoardAddress,
    rows: list[RowView],
    board: Board,
    overview: Overview,
    reader: Reader,
    library: Library,
    frame: Callable[[Drawing], object],
) -> dict[str, Any]:
    """Return the charts, each in its `frame`, and the tables of the chosen dimension."""

    def framed(drawing: Drawing | None) -> object:
        return frame(drawing) if drawing else None

    lines = [row.interval for row in rows if row.interval]
    shown: dict[str, Any] = {"most_lines": MOST_LINES, "lines": len(lines)}
    shown["rates"] = framed(rates_picture(lines, board.scores.base, dimension_name(asked.by, reader), reader))
    if asked.by in ("angle", "industry"):
        shown["heat"] = table = heat_table(overview, asked, reader)
        shown["heat_picture"] = framed(heat_picture(table, reader))
    elif asked.by == "reason":
        tables = month_tables(overview.monthly, asked, reader)
        shown["months"] = [(table, framed(months_picture(table, reader))) for table in tables]
    elif asked.by in ("campaign", "lead_source"):
        shown["funnel"] = funnels = funnel_rows(overview, reader, library)
        shown["funnel_picture"] = framed(funnel_picture(funnels, reader))
    return shown


def base_words(base: Base, outcome_of: str, reader: Reader) -> str:
    """Return the win rate of all filtered deals as a sentence; empty without deals."""
    counts = base.counts
    decided = counts.won + counts.lost + (counts.no_decision if outcome_of == "closed" else 0)
    if not decided:
        return ""
    if decided < LEAST_DECIDED:
        return reader(
            "board.base_few", counts=counts_words(counts, reader), none=counts.no_decision, least=LEAST_DECIDED
        )
    numbers = {name: round(getattr(base, name) * 100) for name in ("mean", "low", "high")}
    return reader(f"board.base_{outcome_of}", counts=counts_words(counts, reader), none=counts.no_decision, **numbers)


def coverage_words(board: Board, reader: Reader) -> str:
    """Return the warning that one outcome is recorded less often than the other; empty if neither is."""
    coverage = board.coverage
    totals = {row.outcome: row for row in coverage.whole}
    warnings = []
    for end, missing in (("lost", coverage.losses_under_recorded), ("won", coverage.wins_under_recorded)):
        if missing and {"won", "lost"} <= totals.keys():
            won, lost = totals["won"], totals["lost"]
            numbers = {"won": won.noted, "won_of": won.closed, "lost": lost.noted, "lost_of": lost.closed}
            warnings.append(reader(f"board.under_recorded_{end}", **numbers))
    for end, segments in (("lost", coverage.segments), ("won", coverage.segments_without_wins)):
        if segments:
            names = [reader.label("industry", name) for name in segments]
            warnings.append(reader(f"board.under_recorded_{end}_in", names=reader("comma").join(names)))
    return reader.sentences(warnings)


def _coverage(board: Board, reader: Reader) -> list[tuple[str, str, str, str]]:
    """Return (outcome, industry, notes of closed deals, share) of each total the playbook gives."""
    return [
        (
            reader.label("outcome", row.outcome),
            reader.label("industry", row.industry) if row.industry else reader("board.all"),
            reader("board.noted", noted=row.noted, closed=row.closed),
            reader("board.more_noted") if row.noted > row.closed else reader.percent(round(row.share * 100), 100),
        )
        for row in board.coverage.rows
    ]


def _active(asked: BoardAddress, reader: Reader) -> list[tuple[str, str]]:
    """Return (label, address without it) of each active filter."""
    search = asked.search
    active = [
        (
            f"{reader.field(facet)}: {reader.label(facet, value)}",
            asked.within(search.without(facet, value)),
        )
        for facet, values in search.values
        for value in values
    ]
    if search.date_from or search.date_to:
        days = f"{search.date_from.replace('-', '/')}–{search.date_to.replace('-', '/')}"
        active.append((f"{reader('filters.period')}: {days}", asked.within(search.undated())))
    return active


def _choices(asked: BoardAddress, reader: Reader) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """Return (facet, its name, (value, label, is chosen) …) of the filters in the form."""
    choices = []
    for facet in SEGMENTS:
        words, chosen = reader.playbook.vocabulary(facet), asked.search.chosen(facet)
        values = dict.fromkeys([*(term.key for term in words.terms), *chosen] if words else chosen)
        options = [(v, reader.label(facet, v), v in chosen) for v in values]
        choices.append((facet, reader.field(facet), options))
    return choices
