"""A search query: words, exact phrases, exclusions and filters."""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Literal

from kb.errors import QueryTooLongError
from kb.index import analysis
from kb.search.frames import has_frame, subject_terms

MAX_QUERY_CHARS = 1_000  # fits a paragraph; longer texts belong in the search for similar deals
MAX_LIMIT = 100
LONG_MARKS = "ー—―–ｰ"  # typed for a minus by Japanese input methods
Sort = Literal["relevance", "newest"]
PART = re.compile(r'(?P<minus>(?<!\S)[-−－])?(?:["“”„「](?P<phrase>[^"“”「」]*)["“”」]|(?P<word>\S+))')
_JAPANESE, _ENGLISH = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]"), re.compile(r"[A-Za-z]{3}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Filters:
    """Values a hit must have: any of the values of a field, for every field."""

    values: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (facet, values), none empty
    date_from: str = ""  # ISO day, inclusive
    date_to: str = ""
    trust: tuple[str, ...] = ()  # trust states

    def __bool__(self) -> bool:
        return bool(self.values or self.date_from or self.date_to or self.trust)

    def without(self, facet: str) -> Filters:
        """Return the filters without one facet, to count its other values."""
        return replace(self, values=tuple(pair for pair in self.values if pair[0] != facet))


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Other spellings of some words of a query; a passage with several of them counts once."""

    terms: tuple[str, ...]  # of the query
    spellings: tuple[tuple[str, ...], ...]  # each as index terms that follow one another


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query."""

    text: str = ""  # as entered, without control characters
    meaning: str = ""  # text to embed: without operators and exclusions
    phrases: tuple[str, ...] = ()  # must occur verbatim
    excluded: tuple[str, ...] = ()  # must not occur
    terms: tuple[str, ...] = field(default=())  # index terms, distinct, without question frames
    synonyms: tuple[Synonyms, ...] = ()  # from the playbook, or what a half-typed word may become
    corrected: str = ""  # the text searched for, where it is not the one entered
    compared: str = ""  # the beginning that is compared by meaning, where the query is too long for all of it
    half_typed: str = ""  # the last word, where it stands in no entry but parts of others are it

    @property
    def dashed(self) -> str:
        """A word that begins with a long vowel mark: as no word does, it was meant to be left out."""
        return next((word for word in self.text.split() if len(word) > 1 and word[0] in LONG_MARKS), "")

    @property
    def highlighted(self) -> tuple[str, ...]:
        """All terms to highlight."""
        return (*self.terms, *(term for some in self.synonyms for spelling in some.spellings for term in spelling))

    @property
    def language(self) -> str:
        """The language it is written in; empty for a number or a code."""
        if _JAPANESE.search(self.text):
            return "ja"
        return "en" if _ENGLISH.search(self.text) else ""

    @property
    def is_empty(self) -> bool:
        """Whether there are no words to search for."""
        return not self.meaning


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query with filters, order and page."""

    query: Query
    filters: Filters
    sort: Sort
    limit: int
    offset: int
    explain: bool
    started: float  # `time.perf_counter` at the start
    quote: bool = False  # the sentences that answer

    @property
    def took_ms(self) -> float:
        """Milliseconds since the start."""
        return (time.perf_counter() - self.started) * 1000


def parse_query(text: str) -> Query:
    """Parse a query; any input is valid. Raises QueryTooLongError."""
    if len(text) > MAX_QUERY_CHARS:
        raise QueryTooLongError(len(text), MAX_QUERY_CHARS)
    cleaned = " ".join(_CONTROL.sub(" ", text.replace("\u00ad", "")).split())  # soft hyphens are no part of a word
    words: list[str] = []
    phrases: list[str] = []
    excluded: list[str] = []
    quotes = _is_question(cleaned)
    for match in PART.finditer(cleaned):
        phrase = " ".join((match["phrase"] or "").split())
        minus = match["minus"] or ""
        if minus and (phrase or match["word"]):
            excluded.append(phrase or match["word"])
        elif phrase:
            words.append(phrase)
            if not quotes and (not match[0].startswith("「") or _stands_alone(cleaned, match)):
                phrases.append(phrase)
        elif match["word"]:
            words.append(match["word"])
    meaning = " ".join(words)
    if not analysis.fold(re.sub(r"[\W_]+", "", meaning)):
        meaning = meaning if any(unicodedata.category(c)[0] not in "PZ" and not c.isascii() for c in meaning) else ""
    return Query(cleaned, meaning, tuple(phrases), tuple(excluded), subject_terms(meaning))


def _is_question(text: str) -> bool:
    """Whether a text is a whole question: what is in quotation marks there is quoted, not demanded word for word."""
    outside = PART.sub(lambda match: match["word"] or " ", text).strip()
    return bool(re.search(r"\w", outside)) and (text.endswith(("?", "？", "。")) or has_frame(outside))


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()], text[match.end() :]
    return (not before or before[-1].isspace()) and (not after or after[0].isspace())
