"""The page of win rates: which angles, talk tracks, competitors go with wins, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from app.charts.drawings import Drawing
from app.charts.gallery import Gallery
from app.http.dependencies import GalleryDep, LibraryDep, SettingsDep
from app.pages.board.address import FILTERED, PAGE, SORTS, BoardAddress
from app.pages.board.pictures import MOST_LINES, funnel_picture, heat_picture, months_picture, rates_picture
from app.pages.board.rows import RowView, counts_words, finding, row_views
from app.pages.board.tables import funnel_rows, heat_table, month_tables
from app.pages.view import render, texts_of
from app.words.catalogue import LOCALES, Texts, texts_for
from app.words.labels import label
from kb.insight.insights import Board
from kb.insight.overview import Overview
from kb.insight.scoreboard import BYS, Base
from kb.library import Library

router = APIRouter()


@router.get(PAGE)
def scoreboard_page(request: Request, library: LibraryDep, settings: SettingsDep, gallery: GalleryDep) -> Response:
    """Show how deals ended by the values of one dimension."""
    asked, texts = BoardAddress.read(request.query_params), texts_of(request)
    board, overview = _counted(asked, library, settings.strength)
    rows = row_views(board, asked, texts, library)
    context = {
        "asked": asked,
        "tabs": [(texts(f"by.{by}"), asked.to(by=by), by == asked.by) for by in BYS],
        "rows": rows,
        "base": base_words(board.scores.base, asked.outcome_of, texts),
        "looked_at": board.scores.looked_at,
        "finding": finding(rows, texts),
        "warning": coverage_words(board, texts, library),
        "coverage": _coverage(board, texts, library),
        "active": _active(asked, texts, library),
        "periods": asked.periods(date.today()),
        "choices": _choices(library, asked, texts),
        "sorts": [(sort, texts(f"board.sort_{sort}"), asked.to(sort=sort)) for sort in SORTS],
        "csv": asked.to("/api/v1/scoreboard.csv", sort=""),
        **_pictured(asked, rows, board, overview, texts, library, gallery.frame),
    }
    return render(request, "scoreboard.html", context)


@router.get("/pictures/{key}")
def picture(gallery: GalleryDep, key: str) -> Response:
    """Return a picture that was not ready when its page was sent, once it is drawn."""
    found = gallery.find(key)
    if found is None:
        raise HTTPException(404)
    return HTMLResponse(found.wide + found.narrow, headers={"Cache-Control": "no-store"})


def prepare(library: Library, strength: float, gallery: Gallery, is_over: Callable[[], bool]) -> None:
    """Draw what every tab shows without filters, in both languages, for the readers to come."""
    for by in BYS:
        asked = BoardAddress.read(QueryParams({"by": by}))
        board, overview = _counted(asked, library, strength)
        for texts in map(texts_for, LOCALES):
            if is_over():
                return
            rows = row_views(board, asked, texts, library)
            _pictured(asked, rows, board, overview, texts, library, gallery.prepare)


def _counted(asked: BoardAddress, library: Library, strength: float) -> tuple[Board, Overview]:
    within = asked.search.filters
    board = library.scoreboard(
        asked.by,  # type: ignore[arg-type]
        filters=within,
        outcome_of=asked.outcome_of,  # type: ignore[arg-type]
        strength=strength,
    )
    return board, library.overview(filters=within, outcome_of=board.scores.outcome_of, strength=strength)


def _pictured(
    asked: BoardAddress,
    rows: list[RowView],
    board: Board,
    overview: Overview,
    texts: Texts,
    library: Library,
    frame: Callable[[Drawing], object],
) -> dict[str, Any]:
    """Return the pictures, each in its `frame`, and the tables that belong to the dimension on show."""

    def framed(drawing: Drawing | None) -> object:
        return frame(drawing) if drawing else None

    lines = [row.interval for row in rows if row.interval]
    shown: dict[str, Any] = {"most_lines": MOST_LINES, "lines": len(lines)}
    shown["rates"] = framed(rates_picture(lines, board.scores.base, texts(f"by.{asked.by}"), texts))
    if asked.by in ("angle", "industry"):
        shown["heat"] = table = heat_table(overview, asked, texts, library)
        shown["heat_picture"] = framed(heat_picture(table, texts))
    elif asked.by == "reason":
        tables = month_tables(overview.monthly, asked, texts, library)
        shown["months"] = [(table, framed(months_picture(table, texts))) for table in tables]
    elif asked.by in ("campaign", "lead_source"):
        shown["funnel"] = funnels = funnel_rows(overview, texts, library)
        shown["funnel_picture"] = framed(funnel_picture(funnels, texts))
    return shown


def base_words(base: Base, outcome_of: str, texts: Texts) -> str:
    """Return the rate of all deals within the filters as a sentence; empty without deals."""
    counts = base.counts
    if not counts.won + counts.lost + (counts.no_decision if outcome_of == "closed" else 0):
        return ""
    numbers = {name: round(getattr(base, name) * 100) for name in ("mean", "low", "high")}
    return texts(f"board.base_{outcome_of}", counts=counts_words(counts, texts), none=counts.no_decision, **numbers)


def coverage_words(board: Board, texts: Texts, library: Library) -> str:
    """Return the warning that losses are written down less often than wins; empty where they are not."""
    found = {row.outcome: row for row in board.coverage.rows if not row.industry}
    said = []
    if board.coverage.losses_under_recorded and {"won", "lost"} <= found.keys():
        won, lost = found["won"], found["lost"]
        numbers = {"won": won.noted, "won_of": won.closed, "lost": lost.noted, "lost_of": lost.closed}
        said.append(texts("board.under_recorded", **numbers))
    if board.coverage.segments:
        names = [label("industry", name, texts.locale, library.playbook) for name in board.coverage.segments]
        said.append(texts("board.under_recorded_in", names=texts("comma").join(names)))
    return texts.sentences(said)


def _coverage(board: Board, texts: Texts, library: Library) -> list[tuple[str, str, str, str]]:
    """Return (outcome, industry, notes of closed deals, share) of each total the playbook gives."""
    return [
        (
            texts(f"outcome.{row.outcome}"),
            label("industry", row.industry, texts.locale, library.playbook) if row.industry else texts("board.all"),
            texts("board.noted", noted=row.noted, closed=row.closed),
            texts.percent(round(row.share * 100), 100),
        )
        for row in board.coverage.rows
    ]


def _active(asked: BoardAddress, texts: Texts, library: Library) -> list[tuple[str, str]]:
    """Return (words, address without it) of each filter in force."""
    search = asked.search
    active = [
        (
            f"{texts('facet.' + facet)}: {label(facet, value, texts.locale, library.playbook)}",
            asked.within(search.without(facet, value)),
        )
        for facet, values in search.values
        for value in values
    ]
    if search.date_from or search.date_to:
        days = f"{search.date_from.replace('-', '/')}–{search.date_to.replace('-', '/')}"
        active.append((f"{texts('facet.period')}: {days}", asked.within(search.undated())))
    return active


def _choices(library: Library, asked: BoardAddress, texts: Texts) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """Return (facet, its name, (value, label, is chosen) …) of the filters in the form."""
    found = []
    for facet in FILTERED:
        words, chosen = library.playbook.vocabulary(facet), asked.search.chosen(facet)
        values = dict.fromkeys([*(term.key for term in words.terms), *chosen] if words else chosen)
        options = [(v, label(facet, v, texts.locale, library.playbook), v in chosen) for v in values]
        found.append((facet, texts("facet." + facet), options))
    return found
