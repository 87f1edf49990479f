"""Compare deals: the scoreboard, its overview, and deals similar to a live one."""

from __future__ import annotations

from collections.abc import Callable

from kb.currencies import Worth
from kb.errors import EmptyRequestError
from kb.insight.asked import Asked, with_playbook_facts
from kb.insight.correction import CorrectedRate
from kb.insight.cycle import CycleLength
from kb.insight.deals import DealTable
from kb.insight.foretelling import LEAST_FORETOLD, Foretelling
from kb.insight.insights import Board, Insights
from kb.insight.money_rate import MoneyRates
from kb.insight.overview import Overview
from kb.insight.rates import STRENGTH
from kb.insight.said_by import SaidBy, StageReasons
from kb.insight.scoreboard import By, OutcomeOf
from kb.insight.similar import SimilarDeals
from kb.insight.timeline import Timeline, TimelineBy
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

    def timeline(self, by: TimelineBy, *, filters: Filters = NO_FILTERS, outcome_of: OutcomeOf = "decided") -> Timeline:
        """Return win rates by start month or closing quarter. Raises like `scoreboard`."""
        state = self._ready()
        return state.insights.timeline(with_playbook_keys(filters, state.playbook), by, outcome_of)

    def cycle(self, *, filters: Filters = NO_FILTERS) -> CycleLength:
        """Return how long deals take, open ones included. Raises like `scoreboard`."""
        state = self._ready()
        return state.insights.cycle(with_playbook_keys(filters, state.playbook))

    def money(self, *, filters: Filters = NO_FILTERS) -> MoneyRates:
        """Return the win rate weighted by money. Raises like `scoreboard`."""
        state = self._ready()
        return state.insights.money(with_playbook_keys(filters, state.playbook))

    def said_by(self, *, filters: Filters = NO_FILTERS) -> SaidBy:
        """Return reasons by who gave them. Raises like `scoreboard`."""
        state = self._ready()
        return state.insights.said_by(with_playbook_keys(filters, state.playbook))

    def reason_stages(self, *, filters: Filters = NO_FILTERS) -> StageReasons:
        """Return lost deals by reason and stage. Raises like `scoreboard`."""
        state = self._ready()
        return state.insights.reason_stages(with_playbook_keys(filters, state.playbook))

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

    def foretelling(self) -> Foretelling:
        """Return whether similar deals foretell outcomes in this base, as last measured."""
        kept = Foretelling.read(self._live.catalog.meta(self._kept_under))
        return kept or Foretelling(self._ready().insights.decided)

    def measure_foretelling(
        self, strength: float = STRENGTH, is_over: Callable[[], bool] = lambda: False
    ) -> Foretelling | None:
        """Measure it again if the base has changed by a tenth, and keep it; None if nothing had to be done."""
        insights, known = self._ready().insights, self.foretelling()
        is_small = insights.decided < LEAST_FORETOLD and not known.asked
        if is_small or known.holds_for(insights.decided, strength):
            return None
        found = insights.foretelling(strength, is_over)
        if found:
            self._live.catalog.set_meta(self._kept_under, found.stored() if found.asked else "")
        return found

    @property
    def _kept_under(self) -> str:
        return f"foretelling:{','.join(sorted(self._live.visible))}"

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
