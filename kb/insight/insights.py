"""Analyses over all deals, for one state of the index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property

import numpy as np

from kb.entry import Entry
from kb.errors import EntryNotFoundError, IndexNotReadyError
from kb.index.catalog import Catalog
from kb.index.embedding import Vectors
from kb.index.entries import kinds_by_id, numbered_entries
from kb.index.snapshot import Snapshot
from kb.insight.asked import Asked, asked_of
from kb.insight.correction import CorrectedRate, Weights, corrected_rate, weights_of
from kb.insight.coverage import Coverage, coverage
from kb.insight.cycle import CycleLength, cycle_length
from kb.insight.deals import LOST, NO_DECISION, WON, DealTable, Flags, read_deals
from kb.insight.differences import Differences
from kb.insight.foretelling import Foretelling, foretelling
from kb.insight.money_rate import MoneyRates, money_rates
from kb.insight.overview import Overview, angles_by_industry, funnels, monthly_reasons
from kb.insight.rates import STRENGTH
from kb.insight.response import Response, responses
from kb.insight.said_by import SaidBy, StageReasons, reason_stages, said_by
from kb.insight.scoreboard import By, OutcomeOf, Scoreboard, scoreboard
from kb.insight.similar import SimilarDeals, differences_within, similar_deals
from kb.insight.situations import Situation, Situations
from kb.insight.timeline import Timeline, TimelineBy, started_on, timeline
from kb.insight.uncounted import uncounted
from kb.insight.views import Views, views_of
from kb.playbook import Playbook
from kb.search.bounds import Bounds
from kb.search.query import Filters

DEAL_ONLY = ("kind", "outcome")  # filters that would hide every campaign


@dataclass(frozen=True, slots=True)
class Board:
    """A scoreboard with campaign responses and coverage."""

    scores: Scoreboard
    responses: dict[str, Response]  # of angles, in campaigns
    coverage: Coverage
    corrected: CorrectedRate | None = None  # the base with the deals nobody wrote down


class Insights:
    """Loads the deals on first use."""

    def __init__(
        self,
        catalog: Catalog,
        snapshot: Snapshot | None,
        playbook: Playbook,
        bounds: Bounds,
        visible: frozenset[str],
        today: Callable[[], date],
    ) -> None:
        self._catalog = catalog
        self._snapshot = snapshot
        self._playbook = playbook
        self._bounds = bounds
        self._visible = visible
        self._today = today
        self._deals: tuple[date, DealTable] | None = None
        self._last_recorded: tuple[DealTable, Coverage, Weights] | None = None
        self._last_differing: tuple[tuple[date, bytes], Differences] | None = None

    @property
    def deals(self) -> DealTable:
        """All published, visible deals; read again on the next day, since days in the future do not count."""
        known, today = self._deals, self._today()
        if known is None or known[0] != today:
            self._deals = known = today, read_deals(self._catalog, self._playbook, self._visible, today)
        return known[1]

    @cached_property
    def known(self) -> frozenset[str]:
        """The ids of all visible entries."""
        return frozenset(kinds_by_id(self._catalog, self._visible))

    @cached_property
    def situations(self) -> Situations:
        """The situation of each deal, as vectors."""
        if self._snapshot is None:
            raise IndexNotReadyError
        return Situations.of(self.deals, self._snapshot.situations)

    @cached_property
    def _views(self) -> Views:
        return views_of(self._playbook, kinds_by_id(self._catalog, self._visible))

    @cached_property
    def _campaigns(self) -> Sequence[tuple[int, Entry]]:
        numbered = numbered_entries(self._catalog, "campaign", self._visible)
        repeated = uncounted((entry for _, entry in numbered), None)
        return [(number, entry) for number, entry in numbered if entry.id not in repeated]

    def scoreboard(
        self, filters: Filters, by: By, outcome_of: OutcomeOf = "decided", strength: float = STRENGTH
    ) -> Board:
        """Return win rates by the values of a dimension; base and rows use the same filters."""
        within = self._within(filters)
        answered = responses(self.campaigns(filters)) if by == "angle" else {}
        scores = scoreboard(self.deals, within, by, outcome_of, strength)
        scores = replace(scores, looked_at=replace(scores.looked_at, undated=self._undated(filters)))
        return Board(scores, answered, self._recorded()[0], self._corrected(within, outcome_of))

    @property
    def weights(self) -> Weights:
        """For how many closed deals each noted one stands; nan where the playbook has no total."""
        return self._recorded()[1]

    def _recorded(self) -> tuple[Coverage, Weights]:
        """Return how many closed deals have a note, and what each note stands for; counted once for a table."""
        deals, known = self.deals, self._last_recorded
        if known is None or known[0] is not deals:
            found = coverage(deals, self._playbook)
            self._last_recorded = known = deals, found, weights_of(deals, found)
        return known[1:]

    def corrected(self, filters: Filters) -> CorrectedRate | None:
        """Return the win rate of decided deals corrected for missing notes; None without totals."""
        return self._corrected(self.deals.within(self._bounds.within(filters) if filters else None))

    def _corrected(self, within: Flags, outcome_of: OutcomeOf = "decided") -> CorrectedRate | None:
        return corrected_rate(self.deals.outcomes, self.weights, within, outcome_of)

    def _undated(self, filters: Filters) -> int:
        """Return how many closed deals a period excludes because they are undated."""
        if not (filters.date_from or filters.date_to):
            return 0
        whenever = replace(filters, date_from="", date_to="")
        within = self.deals.within(self._bounds.within(whenever) if whenever else None)
        closed = np.flatnonzero(within & np.isin(self.deals.outcomes, (WON, LOST, NO_DECISION)))
        return sum(not self.deals.deals[place].sort_date for place in closed)

    def asked(self, deal_id: str, given: Asked) -> Asked:
        """Return an existing deal, overridden by what is given. Raises EntryNotFoundError.

        If the user has confirmed the facts, only those given count.
        """
        place = self.deals.places.get(deal_id)
        if place is None:
            raise EntryNotFoundError(deal_id)
        if given.is_confirmed:
            return replace(given, deal_id=deal_id)
        known = asked_of(self.deals.deals[place], self._playbook)
        overrides = {name: value for field in fields(given) if (value := getattr(given, name := field.name))}
        return replace(known, **{**overrides, "deal_id": deal_id})

    def similar(
        self, asked: Asked, vectors: Vectors | None, filters: Filters, count: int, strength: float = STRENGTH
    ) -> SimilarDeals:
        """Return deals similar to the one asked about; `vectors` are of its notes, None to use a stored deal's."""
        situation = Situation.of(vectors, asked.text) if vectors is not None else None
        if situation is None and asked.deal_id:
            situation = self.situations.of_deal(self.deals.places[asked.deal_id])
        within = self._within(filters)
        differing = self._differing(within)
        return similar_deals(
            self.deals, self.situations, self._views, asked, situation, within, count, strength, differing
        )

    def _differing(self, within: Flags) -> Differences:
        """Return the differences over the deals in scope; those found last are kept, since most ask over all."""
        key, known = (self._today(), within.tobytes()), self._last_differing
        if known is None or known[0] != key:
            self._last_differing = known = key, differences_within(self.deals, within, self._views)
        return known[1]

    def campaigns(self, filters: Filters) -> list[Entry]:
        """Return the campaigns that match the filters, ignoring deal-only ones."""
        for name in DEAL_ONLY:
            filters = filters.without(name)
        within = self._bounds.within(filters) if filters else None
        return [entry for number, entry in self._campaigns if within is None or number in within]

    def overview(self, filters: Filters, outcome_of: OutcomeOf = "decided", strength: float = STRENGTH) -> Overview:
        """Return the overview for the same filters."""
        within = self._within(filters)
        cells = angles_by_industry(self.deals, within, outcome_of, strength)
        return Overview(monthly_reasons(self.deals, within), funnels(self.campaigns(filters)), cells)

    def timeline(self, filters: Filters, by: TimelineBy, outcome_of: OutcomeOf = "decided") -> Timeline:
        """Return win rates by start month or closing quarter; a period narrows the days that are counted by."""
        within = self._started_within(filters) if by == "started" else self._within(filters)
        return timeline(self.deals, within, by, self._today(), outcome_of)

    def cycle(self, filters: Filters) -> CycleLength:
        """Return how long deals take; a period narrows their start."""
        return cycle_length(self.deals, self._started_within(filters), self._today())

    def money(self, filters: Filters) -> MoneyRates:
        """Return the win rate weighted by money, currencies without a rate apart."""
        return money_rates(self.deals, self._within(filters), self._playbook.rates)

    def said_by(self, filters: Filters) -> SaidBy:
        """Return the reasons by who gave them."""
        return said_by(self.deals, self._within(filters))

    def reason_stages(self, filters: Filters) -> StageReasons:
        """Return lost deals by reason and last stage."""
        return reason_stages(self.deals, self._within(filters))

    @property
    def decided(self) -> int:
        """How many deals were won or lost."""
        return int(np.isin(self.deals.outcomes, (WON, LOST)).sum())

    def foretelling(self, strength: float, is_over: Callable[[], bool]) -> Foretelling | None:
        """Measure whether similar deals foretell outcomes, which takes seconds; None if stopped."""
        day = self._today().isoformat()
        return foretelling(self.deals, self.situations, self._playbook, day, strength, is_over)

    def _within(self, filters: Filters) -> Flags:
        return self.deals.within(self._bounds.within(filters) if filters else None)

    def _started_within(self, filters: Filters) -> Flags:
        """Return the deals in scope that began in the period: open deals have no other day."""
        within = self._within(replace(filters, date_from="", date_to=""))
        if not (filters.date_from or filters.date_to):
            return within
        days = (started_on(entry) for entry in self.deals.deals)
        last = filters.date_to or "9999"
        return within & np.array([bool(day and filters.date_from <= day.isoformat() <= last) for day in days], np.bool_)
