"""The loop between both teams, for one state of the index."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property

from kb.entry import Entry
from kb.index import selection
from kb.index.catalog import Catalog
from kb.insight.insights import Insights
from kb.loop.broken import Broken, broken
from kb.loop.review import STATES, Standing, standings
from kb.playbook import Playbook

CONTENT = ("talk-track", "campaign", "note")
EVERY = 1_000_000  # more than there ever are


class Loop:
    """Reads the content once, when first asked; the deals are those of the insights."""

    def __init__(self, catalog: Catalog, playbook: Playbook, insights: Insights, visible: frozenset[str]) -> None:
        self._catalog = catalog
        self._playbook = playbook
        self._insights = insights
        self._visible = visible
        self._standings: tuple[date, dict[str, Standing]] | None = None

    @cached_property
    def content(self) -> tuple[Entry, ...]:
        """Every published entry but deals, newest first."""
        within = selection.passing((("kind", CONTENT),), "", "", self._visible)
        return tuple(selection.newest(self._catalog, within, EVERY, 0)[0])

    def broken(self, today: date, opened: Mapping[str, date]) -> Broken:
        """Return where the chain breaks."""
        return broken(self.content, self._insights.deals.deals, self._playbook, today, opened)

    def standings(self, today: date) -> dict[str, Standing]:
        """Return how far each published entry can be relied on, by id."""
        known = self._standings
        if known is None or known[0] != today:
            known = self._standings = today, standings(self.content, self._insights.deals.deals, today)
        return known[1]

    def to_review(self, today: date) -> list[tuple[Entry, Standing]]:
        """Return content with its standing, and of deals those in doubt: what is overdue first, then by doubts."""
        standing_of = self.standings(today)
        listed = [(entry, standing_of[entry.id]) for entry in self.content]
        listed += [(deal, standing_of[deal.id]) for deal in self._insights.deals.deals if standing_of[deal.id].doubts]
        order = sorted(listed, key=lambda pair: (-len(pair[1].doubts), pair[0].id))
        return sorted(order, key=lambda pair: STATES.index(pair[1].state))
