"""The keyword index of a catalogue, as its readers and writers see it, and how a query is put to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, TextClause

# Title weights from 2 to 5 differ within noise, see docs/measurements.md.
WEIGHTS = {"title": 2.0, "heading": 1.0, "tags": 1.0, "body": 1.0}

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

    def matches(self, words: Sequence[Weighed], limit: int, among: Collection[int] | None = None) -> Matches:
        """Return the passages with any of the words, best first; only those `among` some, if given.

        The idf is Lucene's and given with each phrase: that of FTS5 gives a word in half of the passages no weight, so
        in a base of two entries no word would count.
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
