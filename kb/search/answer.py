"""What a search answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kb.entry import Entry
from kb.search.query import Query
from kb.search.snippets import Snippet

Band = Literal["strong", "good", "weak"]
Confidence = Literal["strong", "partial", "none"]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A nudge to a hit's score: what for, and by which factor."""

    name: str
    factor: float


@dataclass(frozen=True, slots=True)
class Why:
    """How a hit came to its place."""

    keyword_rank: int | None  # from 1; None when no keyword found it
    keyword_score: float  # BM25, larger is better
    keyword_terms: tuple[str, ...]  # of the question, as the index knows them
    meaning_rank: int | None
    similarity: float  # cosine of the passage to the question
    title_similarity: float  # cosine of title and headings
    exact_name: bool  # the question is one of the entry's names
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry of an answer, with the passage that matched best."""

    entry: Entry
    heading: str  # heading path of the passage
    snippet: Snippet
    band: Band
    score: float  # comparable within one answer only
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many hits have a value, other filters considered."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of hits and what surrounds it."""

    query: Query
    total: int  # entries found, on all pages
    took_ms: float
    confidence: Confidence
    hidden_by_filters: int  # entries that would be found without the filters
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetCount, ...]]


@dataclass(frozen=True, slots=True)
class Linked:
    """Entries named by an entry, and entries naming it, each with the relation."""

    outgoing: tuple[tuple[str, Entry], ...]
    incoming: tuple[tuple[str, Entry], ...]


@dataclass(frozen=True, slots=True)
class IndexState:
    """How the index is doing."""

    ready: bool
    fingerprint: str
    model: str
    generation: str
    entries: int
    chunks: int
    problems: int
