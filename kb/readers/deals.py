"""Compare deals: the scoreboard, its overview, and deals similar to a live one."""

from __future__ import annotations

from kb.currencies import Worth
from kb.errors import EmptyRequestError
from kb.insight.asked import Asked, with_playbook_facts
from kb.insight.correction import CorrectedRate
from kb.insight.deals import DealTable
from kb.insight.insights import Board, Insights
from kb.insight.overview import Overview
from kb.insight.rates import STRENGTH
from kb.insight.scoreboard import By, OutcomeOf
from kb.insight.similar import SimilarDeals
from kb.live import LiveIndex, State
from kb.search.bounds import NO_FILTERS, with_playbook_keys
from kb.search.query import Filters


class Deals:
    """Analyses over all deals. Thread-safe."""

    def __init__(self, live: LiveIndex) -> None:
        self._live = live

    @property
    def table(self) -> DealTable:
        """All published, visible deals."""
        return self.insights.deals

    @property
    def insights(self) -> Insights:
        """The deals and their situations, for further analysis."""
        return self._live.state.insights

    def scoreboard(
        self, by: By, *, filters: Filters = NO_FILTERS, outcome_of: OutcomeOf = "decided", strength: float = STRENGTH
    ) -> Board:
        """Return win rates by angle, competitor …, within filters. Raises BadFilterError, IndexNotReadyError."""
        state = self._ready()
        return state.insights.scoreboard(with_playbook_keys(filters, state.playbook), by, outcome_of, strength)

    def corrected(self, *, filters: Filters = NO_FILTERS) -> CorrectedRate | None:
        """Return the win rate corrected for missing notes; None without totals. Raises like `scoreboard`."""
        state = self._ready()
        return state.insights.corrected(with_playbook_keys(filters, state.playbook))

    def overview(
        self, *, filters: Filters = NO_FILTERS, outcome_of: OutcomeOf = "decided", strength: float = STRENGTH
    ) -> Overview:
        """Return reasons by month, campaign funnels and angles by industry. Raises like `scoreboard`."""
        state = self._ready()
        return state.insights.overview(with_playbook_keys(filters, state.playbook), outcome_of, strength)

    def similar(
        self, asked: Asked, *, filters: Filters = NO_FILTERS, count: int = 5, strength: float = STRENGTH
    ) -> SimilarDeals:
        """Return deals similar to the one asked about, balanced by outcome.

        Raises EmptyRequestError, EntryNotFoundError, BadFilterError, IndexNotReadyError.
        """
        state = self._ready()
        if asked.is_empty:
            raise EmptyRequestError
        pending = self._live.embed_passages(asked.notes) if asked.notes else None
        whole = self.understood(asked)
        bounds = with_playbook_keys(filters, state.playbook)
        return state.insights.similar(whole, pending.result() if pending else None, bounds, count, strength)

    def understood(self, asked: Asked) -> Asked:
        """Complete a deal asked about from its entry, its text and the playbook. Raises EntryNotFoundError."""
        state = self._live.state
        whole = state.insights.asked(asked.deal_id, asked) if asked.deal_id else asked
        return with_playbook_facts(whole, state.playbook)

    def open_amounts(self) -> Worth:
        """Return the amount at stake in each open deal, by its id; 0 if unknown."""
        rates = self._live.state.playbook.rates
        if self._live.state.source is None:
            return Worth(rates.home)
        open_deals = [(d.id, d.deal) for d in self.table.counted if d.deal and d.outcome == "open"]
        worth: dict[str, tuple[int, str]] = {}
        for deal_id, deal in open_deals:
            amount = deal.amount or 0
            converted = rates.convert(amount, deal.currency, rates.home)
            worth[deal_id] = (amount, deal.currency) if converted is None else (converted, rates.home)
        return Worth(rates.home, worth)

    def _ready(self) -> State:
        self._live.source()
        return self._live.state
