"""Search entries: by query, or by similarity to a text or another entry."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kb.entry import Entry
from kb.errors import EmbeddingAwayError
from kb.index.embedding import Vectors
from kb.index.neighbours import Neighbours
from kb.index.passages import first_passages
from kb.live import LiveIndex
from kb.readers.entries import Entries
from kb.search import listing, recipe
from kb.search.answer import Answer, Hit
from kb.search.bounds import NO_FILTERS, with_playbook_keys
from kb.search.candidates import find, names_in
from kb.search.hits import make_hits
from kb.search.lookup import look_up, weigh
from kb.search.meetings import without_meetings
from kb.search.query import Filters, Query, SearchRequest, Sort, parse_query
from kb.search.remembered import Asked, Basis, RememberedAnswers
from kb.search.source import Source
from kb.search.spelling import Speller

USUAL_WORD = "the"  # one token; a typo is cut into several
MOST_TOKENS = 128  # of a question, by meaning: of 3,800 judged ones 3 are longer; the time grows with the length
ALIKE_CHARS = 600  # of the text to find similar entries for
MOST_ALIKE = 1_000  # entries whose similar ones are remembered


class Search:
    """Finds entries. Thread-safe."""

    def __init__(self, live: LiveIndex, entries: Entries) -> None:
        self._live = live
        self._entries = entries
        self._remembered = RememberedAnswers()
        self._alike: tuple[Source | None, dict[tuple[str, int], tuple[str, ...]]] = (None, {})
        self.has_answered = False  # a question, with model and index loaded: the next one takes the usual time

    def answer(
        self,
        text: str,
        *,
        filters: Filters = NO_FILTERS,
        sort: Sort = "relevance",
        limit: int = 10,
        offset: int = 0,
        explain: bool = False,
        as_typed: bool = False,
        quote: bool = False,
    ) -> Answer:
        """Answer a query; without words, list entries newest first. Raises QueryTooLongError, BadFilterError.

        Words that stand in no entry are corrected, and a half-typed one is completed, unless taken `as_typed`. With
        `quote` the sentences that answer are cut from the first entries.
        """
        started = time.perf_counter()
        asked = Asked(text, filters, sort, limit, offset, explain, as_typed, quote)
        basis = Basis.of(self._live.source()) if self._may_remember and not filters.trust else None
        if basis and (known := self._remembered.get(basis, asked)):
            return replace(known, took_ms=(time.perf_counter() - started) * 1000)
        answer = self._answer(asked, started)
        if basis and not (answer.query.is_empty or answer.by_words):
            self._remembered.add(basis, asked, answer)
        return answer

    @property
    def _may_remember(self) -> bool:
        """Whether there is an index, in files: a database that is away is noticed by asking it."""
        state = self._live.state
        return state.source is not None and state.index.place.has_files

    def _answer(self, asked: Asked, started: float) -> Answer:
        query = self.understood(asked.text, as_typed=asked.as_typed)
        filters = with_playbook_keys(asked.filters, self._live.state.playbook)
        request = SearchRequest(
            query, filters, asked.sort, asked.limit, asked.offset, asked.explain, started, asked.quote
        )
        if not query.is_empty:
            source = self._live.source()
            # Embed before anything else: concurrent work would slow the model down.
            beginning = self._beginning(query.meaning)
            vector = self._vector(beginning)
            if beginning != query.meaning:
                request = replace(request, query=replace(query, compared=beginning))
            found = recipe.answer(source, request, vector, self._live.state.bounds, self._live.within)
            self.has_answered = True
            return found
        if filters.trust:
            return listing.listing_by_trust(self._live.source(), request, self._live.within)
        return listing.listing(self._live.catalog, request, self._live.visible)

    def count(self, filters: Filters) -> int:
        """Return how many entries match filters of the catalogue. Raises BadFilterError."""
        state = self._live.state
        return state.bounds.count(with_playbook_keys(filters, state.playbook))

    def understood(self, text: str, *, as_typed: bool = False) -> Query:
        """Return a query as it is searched for: corrected and with other spellings. Raises QueryTooLongError."""
        query = parse_query(text)
        if not (as_typed or query.is_empty or self._live.state.source is None):
            query = self._speller().corrected(query)
        return self._live.state.thesaurus.expand(query)

    def _speller(self) -> Speller:
        def is_word(letters: str) -> bool:
            return self.count_tokens(letters) <= self.count_tokens(USUAL_WORD)

        return Speller(self._live.state.index.catalog, self._live.vocabulary.read, is_word)

    def similar(self, entry_id: str, *, limit: int = 5) -> tuple[Hit, ...]:
        """Return the entries most similar to one. Raises EntryNotFoundError."""
        entry = self._entries.get(entry_id)
        _, body = first_passages(self._live.catalog, [entry_id]).get(entry_id, ("", ""))
        hits = self.alike(entry.title, body, limit=limit + 1, explain=False)
        return tuple(hit for hit in hits if hit.entry.id != entry_id)[:limit]

    def similar_entries(self, entry_id: str, *, limit: int) -> list[Entry]:
        """Return the entries most similar to one, as they are now; which they are is found once per state of the index.

        Raises EntryNotFoundError.
        """
        if self._live.state.source is None:
            return []
        source, key = self._live.source(), (entry_id, limit)
        of, found = self._alike
        is_same = of and of.snapshot is source.snapshot and of.today == source.today
        if not (of and is_same and of.doubted == source.doubted):
            found = {}
            self._alike = source, found
        if key not in found:
            if len(found) >= MOST_ALIKE:
                found.clear()
            found[key] = tuple(hit.entry.id for hit in self.similar(entry_id, limit=limit))
        known = self._entries.summaries(ids := found[key])
        return [known[one] for one in ids if one in known]

    def alike(self, title: str, body: str, *, limit: int = 5, explain: bool = True) -> tuple[Hit, ...]:
        """Return the entries most similar to a text; none without an index."""
        if self._live.state.source is None:
            return ()
        text = f"{title}\n{body}"[:ALIKE_CHARS]
        query, source = Query(text=title, meaning=text), self._live.source()
        neighbours = Neighbours(source.snapshot, source.store, self._vector(text), source.cache)
        words = look_up(source, weigh(source, query), without_meetings(self._live.state.bounds, None))[0]
        found = find(source, words, names_in(source.snapshot, query), neighbours, query.language).candidates
        return make_hits(source.catalog, query, found[:limit], explain, neighbours)

    def _vector(self, text: str) -> Vectors | None:
        """Embed a query; None while the service that embeds is away."""
        try:
            row: Vectors = self._live.embed(text).result()[0]
        except EmbeddingAwayError:
            return None
        return row

    def treats_as_one(self, one: str, other: str) -> bool:
        """Whether the playbook has two words as spellings of each other."""
        return self._live.state.thesaurus.treats_as_one(one, other)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per query, as rows."""
        return np.stack([self._live.embed(self._beginning(text)).result()[0] for text in texts])

    def _beginning(self, text: str) -> str:
        """Return what of a question is compared by meaning: all of it, or its first MOST_TOKENS tokens."""
        if self.count_tokens(text) <= MOST_TOKENS:
            return text
        too_long = bisect_right(range(len(text)), MOST_TOKENS, key=lambda end: self.count_tokens(text[:end]))
        return text[: too_long - 1].rstrip()

    @property
    def model(self) -> str:
        """The checksum of the model: vectors of another one cannot be compared."""
        return self._live.state.index.embedder.checksum

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a text has for the model."""
        return self._live.state.index.embedder.count_tokens(text)
