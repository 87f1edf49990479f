"""What is asked of all deals together, for one state of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from kb.entry import Entry
from kb.errors import EntryNotFoundError, IndexNotReadyError
from kb.index.catalog import Catalog
from kb.index.embedding import Vectors
from kb.index.entries import kinds_by_id, numbered_entries
from kb.index.snapshot import Snapshot
from kb.insight.asked import Asked, asked_of
from kb.insight.coverage import Coverage, coverage
from kb.insight.deals import LOST, NO_DECISION, WON, DealTable, read_deals
from kb.insight.overview import Overview, angles_by_industry, funnels, monthly_reasons
from kb.insight.rates import STRENGTH
from kb.insight.response import Response, responses
from kb.insight.scoreboard import By, OutcomeOf, Scoreboard, scoreboard
from kb.insight.similar import SimilarDeals, similar_deals
from kb.insight.situations import Situations, Told
from kb.insight.views import Views, views_of
from kb.playbook import Playbook
from kb.search.bounds import Bounds
from kb.search.query import Filters

DEAL_ONLY = ("kind", "outcome")  # filters that would hide every campaign


@dataclass(frozen=True, slots=True)
class Board:
    """A scoreboard with what stands beside it."""

    scores: Scoreboard
    responses: dict[str, Response]  # of angles, in campaigns
    coverage: Coverage


class Insights:
    """Reads the deals once, when first asked."""

    def __init__(
        self, catalog: Catalog, snapshot: Snapshot | None, playbook: Playbook, bounds: Bounds, visible: frozenset[str]
    ) -> None:
        self._catalog = catalog
        self._snapshot = snapshot
        self._playbook = playbook
        self._bounds = bounds
        self._visible = visible

    @cached_property
    def deals(self) -> DealTable:
        """Every deal that counts."""
        return read_deals(self._catalog, self._playbook, self._visible)

    @cached_property
    def situations(self) -> Situations:
        """What is told of each deal, as vectors."""
        if self._snapshot is None:
            raise IndexNotReadyError
        return Situations.of(self.deals, self._snapshot.situations)

    @cached_property
    def _views(self) -> Views:
        return views_of(self._playbook, kinds_by_id(self._catalog, self._visible))

    @cached_property
    def _campaigns(self) -> Sequence[tuple[int, Entry]]:
        return numbered_entries(self._catalog, "campaign", self._visible)

    def scoreboard(
        self, filters: Filters, by: By, outcome_of: OutcomeOf = "decided", strength: float = STRENGTH
    ) -> Board:
        """Return the win rates by the values of a dimension; base and rows obey the same filters."""
        within = self.deals.within(self._bounds.within(filters) if filters else None)
        answered = responses(self.campaigns(filters)) if by == "angle" else {}
        scores = scoreboard(self.deals, within, by, outcome_of, strength)
        scores = replace(scores, looked_at=replace(scores.looked_at, undated=self._undated(filters)))
        return Board(scores, answered, coverage(self.deals, self._playbook))

    def _undated(self, filters: Filters) -> int:
        """Return how many closed deals within the other filters a period cannot place."""
        if not (filters.date_from or filters.date_to):
            return 0
        whenever = replace(filters, date_from="", date_to="")
        within = self.deals.within(self._bounds.within(whenever) if whenever else None)
        closed = np.flatnonzero(within & np.isin(self.deals.outcomes, (WON, LOST, NO_DECISION)))
        return sum(not self.deals.deals[place].sort_date for place in closed)

    def asked(self, deal_id: str, given: Asked) -> Asked:
        """Return what is known of an existing deal, what is given put above it. Raises EntryNotFoundError.

        Where the asker has seen what is known, what is given is all there is.
        """
        place = self.deals.places.get(deal_id)
        if place is None:
            raise EntryNotFoundError(deal_id)
        if given.is_confirmed:
            return replace(given, deal_id=deal_id)
        known = asked_of(self.deals.deals[place], self._playbook)
        said = {name: value for field in fields(given) if (value := getattr(given, name := field.name))}
        return replace(known, **{**said, "deal_id": deal_id})

    def similar(
        self, asked: Asked, vectors: Vectors | None, filters: Filters, count: int, strength: float = STRENGTH
    ) -> SimilarDeals:
        """Return deals like the one asked about. The vectors are of what is told; those of a deal are known."""
        told = Told.of(vectors, asked.text) if vectors is not None else None
        if told is None and asked.deal_id:
            told = self.situations.told_of(self.deals.places[asked.deal_id])
        within = self.deals.within(self._bounds.within(filters) if filters else None)
        return similar_deals(self.deals, self.situations, self._views, asked, told, within, count, strength)

    def campaigns(self, filters: Filters) -> list[Entry]:
        """Return the campaigns within filters, without those that speak of deals only."""
        for name in DEAL_ONLY:
            filters = filters.without(name)
        within = self._bounds.within(filters) if filters else None
        return [entry for number, entry in self._campaigns if within is None or number in within]

    def overview(self, filters: Filters, outcome_of: OutcomeOf = "decided", strength: float = STRENGTH) -> Overview:
        """Return what stands beside the rates, within the same filters."""
        within = self.deals.within(self._bounds.within(filters) if filters else None)
        cells = angles_by_industry(self.deals, within, outcome_of, strength)
        return Overview(monthly_reasons(self.deals, within), funnels(self.campaigns(filters)), cells)
