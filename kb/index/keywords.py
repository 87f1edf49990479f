"""The keyword index of a catalogue, as its readers and writers see it, and how a query is put to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, TextClause

# Title weights from 2 to 5 differ within noise, see docs/measurements.md.
WEIGHTS = {"title": 2.0, "heading": 1.0, "tags": 1.0, "body": 1.0}
LEAST_IDF = 1e-6  # of FTS5, for a word in half of the passages or more

Phrase = tuple[str, ...]  # one term, or several side by side
Matches = list[tuple[int, float]]  # numbers of passages with their BM25, best first
# A word by its spellings, of which the best counts; each one or more phrases with the idf they are to have, summed.
Weighed = tuple[tuple[tuple[Phrase, float], ...], ...]


class PassageTerms(NamedTuple):
    """What is indexed of a passage: its terms by field, joined by spaces."""

    number: int
    title: str
    heading: str
    tags: str
    body: str

    @property
    def length(self) -> int:
        """How many terms it has, repetitions included."""
        return sum(len(terms.split()) for terms in self[1:])


@dataclass(frozen=True, slots=True)
class Spellings:
    """One word in several spellings: the best of them counts, not their sum."""

    matches: tuple[tuple[tuple[Phrase, ...], float], ...]  # any of some phrases, with a factor for their BM25


class KeywordIndex(Protocol):
    """The terms of passages. All implementations give the same passages the same scores.

    Writing happens in the transaction of the caller, one writer at a time. "Published" is as the catalogue says.
    """

    def create(self, connection: Connection) -> None:
        """Create what is missing of its tables."""

    def add(self, connection: Connection, passages: Sequence[PassageTerms]) -> None:
        """Add passages with numbers higher than all before."""

    def forget(self, connection: Connection, entries: Sequence[int]) -> None:
        """Forget the passages that entries have in the catalogue."""

    def matches(
        self,
        terms: Sequence[str],
        limit: int,
        groups: Sequence[Spellings] = (),
        among: Sequence[int] | None = None,
    ) -> Matches:
        """Return the passages with any of the terms or spellings, with the idf of FTS5.

        Only those `among` some are scored, if given: scoring takes ten times as long as matching.
        """

    def few_matches(self, weighed: Sequence[Weighed], limit: int) -> Matches:
        """Return the passages with any of the words, with an idf of our own for each, in a small base.

        FTS5 gives a word in half of the passages no weight, so in a base of two entries no word would count.
        """

    def counts(self, terms: Iterable[str]) -> dict[str, int]:
        """Return the number of passages that contain each term, of those that any contains."""

    def words_by_count(self) -> list[str]:
        """Return all terms, the most frequent first."""

    def published(self, terms: Iterable[str]) -> set[str]:
        """Return the terms that stand in a published passage."""

    def has_phrase(self, terms: Sequence[str]) -> bool:
        """Whether the terms follow one another in one field of any published passage."""

    def texts_with(self, term: str) -> Sequence[str]:
        """Return title, headings and text of a published passage with a term in them; empty if there is none."""

    def holding(self, terms: Sequence[str]) -> TextClause:
        """Return the condition that a passage of the catalogue has all the terms."""


def fts5_idf(document_count: int, total: int) -> float:
    """Return the idf that FTS5 uses (Robertson, Spärck Jones; at least LEAST_IDF)."""
    idf = math.log((total - document_count + 0.5) / (document_count + 0.5))
    return idf if idf > 0 else LEAST_IDF
