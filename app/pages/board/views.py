"""The further views of the scoreboard, each a tab beside its dimensions."""

from __future__ import annotations

from collections.abc import Callable

from app.pages.board.address import BoardAddress
from app.pages.board.panel import Panel
from app.pages.board.rate_panels import cycle_panel, money_panel, timeline_panel
from app.pages.board.reason_panels import said_by_panel, stages_panel
from app.words.reader import Reader
from kb.library import Library


def panel_of(view: str, asked: BoardAddress, library: Library, reader: Reader) -> Panel:
    """Return a view within the filters of an address."""
    within, deals = asked.search.filters, library.deals
    of = asked.outcome_of
    made: dict[str, Callable[[], Panel]] = {
        "cohorts": lambda: timeline_panel(deals.timeline("started", filters=within, outcome_of=of), view, reader),  # type: ignore[arg-type]
        "quarters": lambda: timeline_panel(deals.timeline("closed", filters=within, outcome_of=of), view, reader),  # type: ignore[arg-type]
        "cycle": lambda: cycle_panel(deals.cycle(filters=within), reader),
        "money": lambda: money_panel(deals.money(filters=within), reader),
        "said-by": lambda: said_by_panel(deals.said_by(filters=within), reader),
        "stages": lambda: stages_panel(deals.reason_stages(filters=within), reader),
    }
    return made[view]()
