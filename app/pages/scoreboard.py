"""The page of win rates: which angles, talk tracks, competitors go with wins, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.datastructures import QueryParams

from app.board_labels import ENTRY_DIMENSIONS, board_labels
from app.charts.intervals import Interval
from app.deps import LibraryDep, SettingsDep
from app.i18n import Texts
from app.labels import label
from app.pages.address import SearchAddress, facet_address
from app.pages.board_pictures import MOST_LINES, funnel_picture, heat_picture, months_picture, rates_picture
from app.pages.board_tables import funnel_rows, heat_table, month_tables
from app.pages.view import render, texts_of
from app.render import entry_address
from kb.entry import FACETS
from kb.insight.insights import Board
from kb.insight.overview import Overview
from kb.insight.response import Response as CampaignResponse
from kb.insight.scoreboard import BYS, Base, Counts, Row
from kb.library import Library

PAGE = "/scoreboard"
SORTS = ("low", "share", "deals", "name")
FILTERED = ("industry", "product", "competitor")  # offered in the form; others come by address

router = APIRouter()


@dataclass(frozen=True, slots=True)
class BoardAddress:
    """What the page is asked."""

    by: str
    outcome_of: str
    sort: str
    search: SearchAddress  # filters and period

    @classmethod
    def read(cls, query: QueryParams) -> BoardAddress:
        """Read an address; what cannot be understood counts as not asked."""
        by, sort = query.get("by", ""), query.get("sort", "")
        outcome_of = "closed" if query.get("outcome_of") == "closed" else "decided"
        return cls(
            by if by in BYS else BYS[0], outcome_of, sort if sort in SORTS else SORTS[0], SearchAddress.read(query)
        )

    def to(self, page: str = PAGE, **changed: str) -> str:
        """Return the address with something changed."""
        own = {"by": self.by, "outcome_of": self.outcome_of, "sort": self.sort} | changed
        defaults = {"outcome_of": "decided", "sort": SORTS[0]}
        pairs = [(name, value) for name, value in own.items() if value and value != defaults.get(name)]
        pairs += [(facet, value) for facet, values in self.search.values for value in values]
        pairs += [(name, day) for name in ("date_from", "date_to") if (day := getattr(self.search, name))]
        return f"{page}?{urlencode(pairs)}"

    def hidden(self) -> list[tuple[str, str]]:
        """Return what the form of filters must carry along."""
        others = [(f, v) for f, values in self.search.values if f not in FILTERED for v in values]
        return [("by", self.by), ("sort", self.sort), *others]


@dataclass(frozen=True, slots=True)
class RowView:
    """A row ready to be shown."""

    label: str
    address: str  # of the entry, or of the deals with the value
    counts: str
    others: str  # no decision and open
    verdict: str
    verdict_label: str
    interval: Interval | None  # None where too few
    note: str
    response: str
    deals: tuple[tuple[str, str], ...]  # (title, address)
    sorting: dict[str, tuple[float, str]]


@router.get(PAGE)
def scoreboard_page(request: Request, library: LibraryDep, settings: SettingsDep) -> Response:
    """Show how deals ended by the values of one dimension."""
    asked, texts = BoardAddress.read(request.query_params), texts_of(request)
    board = library.scoreboard(
        asked.by,  # type: ignore[arg-type]
        filters=asked.search.filters,
        outcome_of=asked.outcome_of,  # type: ignore[arg-type]
        strength=settings.strength,
    )
    overview = library.overview(
        filters=asked.search.filters, outcome_of=board.scores.outcome_of, strength=settings.strength
    )
    rows = _rows(board, texts, library)
    rows.sort(key=lambda row: row.sorting[asked.sort])
    context = {
        "asked": asked,
        "tabs": [(by, texts(f"by.{by}"), asked.to(by=by)) for by in BYS],
        "rows": rows,
        "base": base_words(board.scores.base, asked.outcome_of, texts),
        "looked_at": board.scores.looked_at,
        "warning": coverage_words(board, texts),
        "choices": _choices(library, asked, texts),
        "sorts": [(sort, texts(f"board.sort_{sort}"), asked.to(sort=sort)) for sort in SORTS],
        "csv": asked.to("/api/v1/scoreboard.csv", sort=""),
        **_pictured(asked, rows, board, overview, texts, library),
    }
    return render(request, "scoreboard.html", context)


def _pictured(
    asked: BoardAddress, rows: list[RowView], board: Board, overview: Overview, texts: Texts, library: Library
) -> dict[str, Any]:
    """Return the pictures and the tables that belong to the dimension on show."""
    lines = [row.interval for row in rows if row.interval]
    shown: dict[str, Any] = {"most_lines": MOST_LINES, "lines": len(lines)}
    shown["rates"] = rates_picture(lines, board.scores.base, texts(f"by.{asked.by}"), texts)
    if asked.by in ("angle", "industry"):
        shown["heat"] = table = heat_table(overview, texts, library)
        shown["heat_picture"] = heat_picture(table, texts)
    elif asked.by == "reason":
        tables = month_tables(overview.monthly, texts, library)
        shown["months"] = [(table, months_picture(table, texts)) for table in tables]
    elif asked.by in ("campaign", "lead_source"):
        shown["funnel"] = funnels = funnel_rows(overview, texts, library)
        shown["funnel_picture"] = funnel_picture(funnels, texts)
    return shown


def counts_words(counts: Counts, texts: Texts) -> str:
    """Return wins and losses with their number."""
    return texts("board.counts", won=counts.won, lost=counts.lost, decided=counts.won + counts.lost)


def base_words(base: Base, outcome_of: str, texts: Texts) -> str:
    """Return the rate of all deals within the filters as a sentence; empty without deals."""
    counts = base.counts
    if not counts.won + counts.lost + (counts.no_decision if outcome_of == "closed" else 0):
        return ""
    numbers = {name: round(getattr(base, name) * 100) for name in ("mean", "low", "high")}
    return texts(f"board.base_{outcome_of}", counts=counts_words(counts, texts), none=counts.no_decision, **numbers)


def coverage_words(board: Board, texts: Texts) -> str:
    """Return the warning that losses are written down less often than wins; empty where they are not."""
    found = {row.outcome: row for row in board.coverage.rows if not row.industry}
    if not board.coverage.losses_under_recorded or not {"won", "lost"} <= found.keys():
        return ""
    won, lost = found["won"], found["lost"]
    numbers = {"won": won.noted, "won_of": won.closed, "lost": lost.noted, "lost_of": lost.closed}
    return texts("board.under_recorded", **numbers)


def _rows(board: Board, texts: Texts, library: Library) -> list[RowView]:
    by = board.scores.by
    labels = board_labels(by, [row.key for row in board.scores.rows], texts.locale, library)
    titles = {deal.id: deal.title for deal in library.insights.deals.deals}
    return [_row(by, row, labels[row.key], board.responses.get(row.key), texts, titles) for row in board.scores.rows]


def _row(
    by: str, row: Row, name: str, response: CampaignResponse | None, texts: Texts, titles: dict[str, str]
) -> RowView:
    rate, decided = row.rate, row.counts.won + row.counts.lost
    return RowView(
        label=name,
        address=_address(by, row.key),
        counts=counts_words(row.counts, texts),
        others=texts("board.others", none=row.counts.no_decision, open=row.counts.open),
        verdict=row.verdict,
        verdict_label=texts("verdict.one-sided" if row.is_one_sided else f"verdict.{row.verdict}"),
        interval=_interval(row, name, texts),
        note=_note(row, texts),
        response=_response(response, texts),
        deals=tuple((titles.get(deal, deal), entry_address(deal)) for deal in row.evidence),
        sorting={
            "low": (-rate.shrunk_low, name),
            "share": (-rate.shrunk_mean, name),
            "deals": (-decided, name),
            "name": (0.0, name),
        },
    )


def _interval(row: Row, name: str, texts: Texts) -> Interval | None:
    if row.verdict == "too-few" or row.is_one_sided:
        return None
    low, mean, high = row.rate.shrunk_low, row.rate.shrunk_mean, row.rate.shrunk_high
    words = texts("board.numbers", low=round(low * 100), mean=round(mean * 100), high=round(high * 100))
    return Interval(name, low, mean, high, words, row.verdict)


def _note(row: Row, texts: Texts) -> str:
    """Return what comparing like with like adds; empty where it adds nothing."""
    if row.fair is None or row.agreement not in ("weaker", "opposite", "clearer"):
        return ""
    held = texts("comma").join(texts(f"held.{name}") for name in row.fair.by)
    return texts(f"board.{row.agreement}", held=held, deals=row.fair.deals)


def _response(response: CampaignResponse | None, texts: Texts) -> str:
    if response is None:
        return ""
    return texts(
        f"board.response_{response.source}",
        shown=texts.number(response.shown),
        responded=texts.number(response.responded),
        rate=f"{response.rate * 100:.1f}",
        low=f"{response.low * 100:.1f}",
        high=f"{response.high * 100:.1f}",
    )


def _address(by: str, key: str) -> str:
    if by in ENTRY_DIMENSIONS:
        return entry_address(key)
    return f"{facet_address(by, key)}&kind=deal" if by in FACETS else ""


def _choices(library: Library, asked: BoardAddress, texts: Texts) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """Return (facet, its name, (value, label, is chosen) …) of the filters in the form."""
    found = []
    for facet in FILTERED:
        words, chosen = library.playbook.vocabulary(facet), asked.search.chosen(facet)
        values = dict.fromkeys([*(term.key for term in words.terms), *chosen] if words else chosen)
        options = [(v, label(facet, v, texts.locale, library.playbook), v in chosen) for v in values]
        found.append((facet, texts("facet." + facet), options))
    return found
