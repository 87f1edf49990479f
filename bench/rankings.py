"""The rankings to compare: the product's parts, plain rank fusion, the product."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from kb.entry import VISIBILITIES
from kb.index.neighbours import Neighbours
from kb.index.snapshot import take_snapshot
from kb.library import Library
from kb.search.query import parse_query
from kb.search.ranking import idf, rank_fusion

WAYS = ("keywords only", "meaning only", "plain rank fusion", "product")
DEPTH = 100  # entries per part in rank fusion
PASSAGES = 300  # keyword hits to find as many entries


class Ranker:
    """Ranks the entries of one library in every way."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._catalog = library.with_index(lambda index: index.catalog)
        self._snapshot = library.with_index(lambda index: take_snapshot(index.catalog, index.vectors, VISIBILITIES))
        with self._catalog.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT number, id FROM entries")
            self._ids = {int(row[0]): str(row[1]) for row in rows}

    def rank(self, text: str) -> dict[str, list[str]]:
        """Return entry ids, best first, by way."""
        query = parse_query(text)
        keywords = self._entries(self._snapshot.places(self._by_keywords(query.terms)))
        meaning = self._entries(self._by_meaning(query.meaning))
        fused = rank_fusion(keywords[:DEPTH], meaning[:DEPTH])
        ranked = sorted(fused, key=lambda number: -fused[number])
        product = [hit.entry.id for hit in self._library.search.answer(text, limit=10).hits]
        return dict(zip(WAYS, (*map(self._named, (keywords, meaning, ranked)), product), strict=True))

    def _by_keywords(self, terms: tuple[str, ...]) -> list[int]:
        counts, total = self._catalog.keywords.counts(terms), len(self._snapshot.numbers)
        words = [((((term,), idf(count, total)),),) for term, count in counts.items()]
        return [number for number, _ in self._catalog.keywords.matches(words, PASSAGES)]

    def _by_meaning(self, text: str) -> Iterable[int]:
        """Return passages by the exact cosine of their bodies."""
        vector = self._library.search.embed([text])[0]
        chunks = np.arange(len(self._snapshot.numbers))
        cosines = Neighbours(self._snapshot, None, vector).similarity("bodies", chunks)
        order = np.argsort(-cosines, kind="stable")
        return [int(chunk) for chunk in order[:PASSAGES]]

    def _entries(self, chunks: Iterable[int]) -> list[int]:
        """Return the entries of passages, ranked by their best one."""
        return list(dict.fromkeys(int(self._snapshot.entries[chunk]) for chunk in chunks))

    def _named(self, numbers: list[int]) -> list[str]:
        return [self._ids[number] for number in numbers[:DEPTH]]
