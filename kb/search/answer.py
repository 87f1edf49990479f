"""The answer to a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kb.entry import Entry
from kb.search.query import Query
from kb.search.quoted import Quote
from kb.search.snippets import Snippet

Band = Literal["strong", "good", "weak"]
Confidence = Literal["strong", "partial", "none"]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A small adjustment of a hit's score: its reason and factor."""

    name: str
    factor: float


@dataclass(frozen=True, slots=True)
class Why:
    """Why a hit ranks where it does."""

    keyword_rank: int | None  # from 1; None if no keyword matched
    keyword_score: float  # BM25, larger is better
    keyword_terms: tuple[str, ...]  # of the query, as index terms
    other_spellings: tuple[str, ...]  # those of them that only count as words of the query
    meaning_rank: int | None
    similarity: float  # cosine of the passage to the query
    title_similarity: float  # cosine of title and headings
    sentence_similarity: float | None  # cosine of the best sentence; None where it is the passage, or not embedded yet
    language_balance: float  # added to the cosines, so that both languages have the same middle
    exact_name: bool  # the query is one of the entry's names, or what people call a customer
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry of an answer, with its best passage."""

    entry: Entry
    heading: str  # heading path of the passage
    snippet: Snippet
    band: Band
    score: float  # comparable within one answer only
    why: Why | None = None
    copies: tuple[Entry, ...] = ()  # that it stands for
    passage: str = ""  # as written, in Markdown


@dataclass(frozen=True, slots=True)
class FacetCount:
    """The number of hits with a value, given the other filters."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of hits with totals and facets."""

    query: Query
    total: int  # entries found, on all pages
    took_ms: float
    confidence: Confidence
    hidden_by_filters: int  # entries that would be found without the filters
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetCount, ...]]
    quotes: tuple[Quote, ...] = ()  # what answers the question, where quotes were asked for
    by_words: bool = False  # alone, since the question could not be embedded

    @property
    def is_listing(self) -> bool:
        """Whether entries are listed for a question without words, such as a question mark."""
        return self.query.is_empty and bool(self.hits)


@dataclass(frozen=True, slots=True)
class Linked:
    """The entries an entry links to and those that link to it, with the relations."""

    outgoing: tuple[tuple[str, Entry], ...]
    incoming: tuple[tuple[str, Entry], ...]


@dataclass(frozen=True, slots=True)
class IndexState:
    """The state of the index."""

    ready: bool
    fingerprint: str
    model: str
    generation: str
    entries: int
    chunks: int
    problems: int
