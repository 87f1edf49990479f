"""Read entries: single ones, the newest, their links, and the problems their authors should fix."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from kb.entry import Entry, Problem, is_shown
from kb.errors import EntryNotFoundError
from kb.index.embedding_cache import text_key
from kb.index.entries import drafts, kinds_by_id, names_used, owned, published_outcomes, undated
from kb.index.filters import passing
from kb.index.index import Index
from kb.index.links import uses_of
from kb.index.passages import ids_with_passage
from kb.index.titles import Title, newest_titles
from kb.live import LiveIndex
from kb.search.answer import Linked
from kb.search.query import Filters

MOST_USES = 5_000  # entries whose uses are remembered
MOST_LINKED = 1_000  # entries whose links are remembered


class Entries:
    """The visible entries. Thread-safe."""

    def __init__(self, live: LiveIndex, problems_of: Callable[[Index], list[Problem]]) -> None:
        self._live = live
        self._problems_of = problems_of
        self._uses: tuple[object, dict[str, list[Entry]]] = (None, {})
        self._linked: tuple[object, dict[str, Linked]] = (None, {})
        self._titles: tuple[object, dict[tuple[Filters, int], list[Title]]] = (None, {})

    def get(self, entry_id: str) -> Entry:
        """Return an entry, drafts and archived ones included. Raises EntryNotFoundError."""
        entry = self.summaries([entry_id]).get(entry_id)
        if entry is None:
            raise EntryNotFoundError(entry_id)
        return entry

    def summaries(self, ids: Sequence[str]) -> dict[str, Entry]:
        """Return entries by id."""
        known = self._live.catalog.entries(ids)
        return {entry_id: entry for entry_id, entry in known.items() if is_shown(entry.audiences, self._live.visible)}

    def names_used(self) -> set[str]:
        """Return the names in entries, to tell whether one is free: never shown, so hidden ones count too."""
        return names_used(self._live.catalog)

    def drafts(self) -> list[Entry]:
        """Return the drafts, newest first."""
        return drafts(self._live.catalog, self._live.visible)

    def undated(self) -> dict[str, str]:
        """Return the paths of the published entries that have no date, by id."""
        return undated(self._live.catalog, self._live.visible)

    def of_owner(self, names: Collection[str]) -> list[Entry]:
        """Return the published entries of an owner with these names (folded), newest first."""
        return owned(self._live.catalog, names, self._live.visible) if names else []

    def ids(self) -> list[str]:
        """Return the ids of all entries."""
        return list(kinds_by_id(self._live.catalog, self._live.visible))

    def outcomes(self) -> dict[str, str]:
        """Return the outcome of every published entry by its id; empty if it has none."""
        return published_outcomes(self._live.catalog, self._live.visible)

    def ids_at(self, paths: Sequence[str]) -> dict[str, str]:
        """Return the ids of the entries at some paths, by path."""
        states = self._live.catalog.states()
        found = {path: states[path][0] for path in paths if path in states}
        shown = self.summaries(list(found.values()))
        return {path: entry_id for path, entry_id in found.items() if entry_id in shown}

    def titles(self, filters: Filters, limit: int) -> list[Title]:
        """Return the titles of the newest published entries within filters, for pickers; read once per index state."""
        state, known = self._live.state, self._titles
        if known[0] is not state:
            known = self._titles = state, {}
        if (key := (filters, limit)) not in known[1]:
            within = passing(filters.values, filters.date_from, filters.date_to, self._live.visible)
            known[1][key] = newest_titles(self._live.catalog, within, limit)
        return known[1][key]

    def with_passage(self, text: str) -> dict[str, Entry]:
        """Return the entries that contain exactly this passage, by id."""
        key = text_key(self._live.state.index.embedder.checksum, text)
        return self.summaries(ids_with_passage(self._live.catalog, key))

    def linked(self, entry_id: str) -> Linked:
        """Return the entries linked from and to an entry; read once per index state. Raises EntryNotFoundError."""
        state, known = self._live.state, self._linked
        if known[0] is not state or len(known[1]) > MOST_LINKED:
            known = self._linked = state, {}
        if entry_id not in known[1]:
            known[1][entry_id] = self._read_links(entry_id)
        return known[1][entry_id]

    def _read_links(self, entry_id: str) -> Linked:
        out, back = self._live.catalog.links_of(entry_id)
        known = self.summaries(list({entry_id, *(other for _, other in out + back)}))
        if entry_id not in known:
            raise EntryNotFoundError(entry_id)
        seen = {i: entry for i, entry in known.items() if entry.status == "published"}
        return Linked(
            tuple((relation, seen[other]) for relation, other in out if other in seen),
            tuple((relation, seen[other]) for relation, other in back if other in seen),
        )

    def used_in(self, ids: Sequence[str]) -> dict[str, list[Entry]]:
        """Return the published entries that name each of some entries as used, by its id; read once per index state."""
        state, known = self._live.state, self._uses
        if known[0] is not state or len(known[1]) > MOST_USES:
            known = self._uses = state, {}
        if fresh := [one for one in ids if one not in known[1]]:
            uses = uses_of(self._live.catalog, fresh)
            seen = self.published(list({by for by, _ in uses}))
            known[1].update({one: [seen[by] for by, used in uses if used == one and by in seen] for one in fresh})
        return {one: known[1][one] for one in ids}

    def published(self, ids: Sequence[str]) -> dict[str, Entry]:
        """Return published entries by id."""
        return {i: entry for i, entry in self.summaries(ids).items() if entry.status == "published"}

    def problems(self) -> list[Problem]:
        """Return the problems by path and line."""
        return self._problems_of(self._live.state.index)

    def problems_of(self, entry: Entry) -> list[Problem]:
        """Return the problems of the file of an entry, by line."""
        return self._live.catalog.problems_of(entry.path)
