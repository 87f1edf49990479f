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

    @cached_property
    def content(self) -> tuple[Entry, ...]:
        """Every published entry but deals, newest first."""
        within = selection.passing((("kind", CONTENT),), "", "", self._visible)
        return tuple(selection.newest(self._catalog, within, EVERY, 0)[0])

    def broken(self, today: date, opened: Mapping[str, date]) -> Broken:
        """Return where the chain breaks."""
        return broken(self.content, self._insights.deals.deals, self._playbook, today, opened)
