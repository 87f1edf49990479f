"""The loop between the teams, for one state of the index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property

from kb.entry import Entry, is_shown
from kb.index.catalog import Catalog, in_groups
from kb.index.entries import newest
from kb.index.filters import entry_numbers, facet_totals, outcomes_by_angle, passing
from kb.index.links import links_with
from kb.index.schema import ENTRIES
from kb.insight.insights import Insights
from kb.loop.broken import Broken, broken
from kb.loop.circuit import Circuit, circuit
from kb.loop.review import STATES, Standing, TrustState, base_rate, standing_of, standings, weak_among
from kb.playbook import Playbook

CONTENT = ("talk-track", "campaign", "content", "note")
NO_LIMIT = 1_000_000
Numbers = Mapping[TrustState, frozenset[int]]  # entry numbers by trust state


class Loop:
    """Loads the content on first use; the deals come from the insights."""

    def __init__(
        self,
        catalog: Catalog,
        playbook: Playbook,
        insights: Insights,
        visible: frozenset[str],
        before: Numbers | None = None,
    ) -> None:
        """`before` are the trust states before the last change."""
        self._catalog = catalog
        self._playbook = playbook
        self._insights = insights
        self._visible = visible
        self._standings: tuple[date, dict[str, Standing]] | None = None
        self._numbers: tuple[date, Numbers] | None = None
        self._review: tuple[date, Sequence[tuple[Entry, Standing]]] | None = None
        self._before = before

    @cached_property
    def content(self) -> tuple[Entry, ...]:
        """All published entries except deals, newest first."""
        within = passing((("kind", CONTENT),), "", "", self._visible)
        return tuple(newest(self._catalog, within, NO_LIMIT))

    def broken(self, today: date, opened: Mapping[str, date]) -> Broken:
        """Return the broken links in the chain."""
        return broken(self.content, self._insights.deals.deals, self._playbook, today, opened)

    @cached_property
    def circuit(self) -> Circuit:
        """How much flows through the loop."""
        return circuit(self.content, self._insights.deals.deals)

    def standings(self, today: date) -> dict[str, Standing]:
        """Return the standing of each published entry, by id."""
        known = self._standings
        if known is None or known[0] != today:
            known = self._standings = today, standings(self.content, self._insights.deals.deals, today)
        return known[1]

    def numbers(self, today: date) -> Numbers:
        """Return the entries by trust state, without unverified deals."""
        known = self._numbers
        if known is None or known[0] != today:
            found: dict[TrustState, list[str]] = {state: [] for state in STATES}
            for entry, standing in self._shown(today):
                found[standing.state].append(entry.id)
            numbers = {state: frozenset(self._numbers_of(ids)) for state, ids in found.items()}
            known = self._numbers = today, numbers
        return known[1]

    def known_numbers(self, today: date) -> Numbers:
        """Return the last known trust states, possibly from before the last change, so that no search waits."""
        known = self.last_known
        return self.numbers(today) if known is None else known

    @property
    def last_known(self) -> Numbers | None:
        """The trust states known without a computation."""
        return self._numbers[1] if self._numbers else self._before

    def _numbers_of(self, ids: Collection[str]) -> list[int]:
        groups = in_groups(list(ids))
        return [n for some in groups for n in entry_numbers(self._catalog, ENTRIES.c.id.in_(some))]

    def standing(self, entry_id: str, today: date) -> Standing | None:
        """Return the standing of one published entry from its own links: fast after every save."""
        if self._standings and self._standings[0] == today:
            return self._standings[1].get(entry_id)
        named = [entry for entry, _, target in links_with(self._catalog, [entry_id]) if target == entry_id]
        known = self._catalog.entries([entry_id, *named])
        shown = {i: e for i, e in known.items() if is_shown(e.audiences, self._visible) and e.status == "published"}
        if entry_id not in shown:
            return None
        others = {entry.id: entry for entry in self._against} | shown
        return standing_of(shown[entry_id], others.values(), self._weak, today, self._base)

    @cached_property
    def _ends(self) -> Mapping[str, int]:
        """All deals by outcome."""
        return dict(facet_totals(self._catalog, "outcome", passing((("kind", ("deal",)),), "", "", self._visible)))

    @cached_property
    def _base(self) -> float:
        return base_rate(self._ends.get("won", 0), self._ends.get("lost", 0))

    @cached_property
    def _weak(self) -> Mapping[str, tuple[int, int]]:
        deals, ends = passing((("kind", ("deal",)),), "", "", self._visible), self._ends
        by_angle = outcomes_by_angle(self._catalog, deals)
        return weak_among(by_angle, ends.get("won", 0), ends.get("lost", 0))

    @cached_property
    def _against(self) -> Sequence[Entry]:
        """The lost deals of weak angles."""
        if not self._weak:
            return ()
        wanted = (("kind", ("deal",)), ("outcome", ("lost",)), ("angle", tuple(self._weak)))
        return newest(self._catalog, passing(wanted, "", "", self._visible), NO_LIMIT)

    def to_review(self, today: date) -> Sequence[tuple[Entry, Standing]]:
        """Return content and doubtful deals with their standing: by state, then by number of doubts."""
        known = self._review
        if known is None or known[0] != today:
            known = self._review = today, self._sorted_review(today)
        return known[1]

    def _sorted_review(self, today: date) -> Sequence[tuple[Entry, Standing]]:
        listed = [
            (entry, standing) for entry, standing in self._shown(today) if entry.kind != "deal" or standing.doubts
        ]
        order = sorted(listed, key=lambda pair: (-len(pair[1].doubts), pair[0].id))
        return tuple(sorted(order, key=lambda pair: STATES.index(pair[1].state)))

    def _shown(self, today: date) -> list[tuple[Entry, Standing]]:
        """Return the entries whose trust state is shown."""
        standing_of = self.standings(today)
        both = [(entry, standing_of[entry.id]) for entry in (*self.content, *self._insights.deals.deals)]
        return [(entry, known) for entry, known in both if entry.kind != "deal" or known.state != "unverified"]
