"""Ask the product a question as if some entries did not exist.

Only the candidates change: each stage of the search is kept within the other entries, as by a filter. Statistics
of the whole index stay, such as how rare a word is, so a word of the missing entry alone still counts as known.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from kb.entry import VISIBILITIES
from kb.index.catalog import Catalog
from kb.index.embedding import Vectors
from kb.index.snapshot import take_snapshot
from kb.library import Library
from kb.search import recipe
from kb.search.answer import Answer
from kb.search.bounds import NO_FILTERS, Bounds
from kb.search.calibration import BUNDLED
from kb.search.query import Query, SearchRequest
from kb.search.source import Source

PAGE = 10


class _Without(Bounds):
    """The bounds of a search that also leave out some entries."""

    def __init__(self, catalog: Catalog, left_out: frozenset[int]) -> None:
        super().__init__(catalog, VISIBILITIES)
        self._left_out = left_out

    def by_words(self, query: Query) -> frozenset[int] | None:
        kept = super().by_words(query)
        if not self._left_out:
            return kept
        return (self.within(NO_FILTERS) if kept is None else kept) - self._left_out


class Asker:
    """Asks one library, with or without some of its entries."""

    def __init__(self, library: Library) -> None:
        self._search = library.search
        self._catalog = library.with_index(lambda index: index.catalog)
        cache = library.with_index(lambda index: index.cache)
        snapshot = library.with_index(lambda index: take_snapshot(index.catalog, index.vectors, VISIBILITIES))
        # The benchmarks run the bundled model. Dates and doubts move hits a little, never the confidence.
        self._source = Source(self._catalog, snapshot, None, BUNDLED, "", cache)
        with self._catalog.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT id, number FROM entries")
            self._numbers = {str(row[0]): int(row[1]) for row in rows}

    def vector(self, text: str) -> Vectors:
        """Return the embedding of a question, to ask it more than once."""
        vector: Vectors = self._search.embed([self._search.understood(text).meaning])[0]
        return vector

    def ask(self, text: str, vector: Vectors, left_out: Iterable[str] = (), *, quote: bool = False) -> Answer:
        """Return the first page of explained hits."""
        bounds = _Without(self._catalog, frozenset(self._numbers[entry] for entry in left_out))
        request = SearchRequest(
            self._search.understood(text), NO_FILTERS, "relevance", PAGE, 0, True, time.perf_counter(), quote
        )
        return recipe.answer(self._source, request, vector, bounds, bounds.within)
