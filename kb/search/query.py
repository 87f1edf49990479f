"""What somebody asks: words, exact phrases, exclusions and filters."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from typing import Literal

from kb.errors import QueryTooLongError
from kb.index import analysis

MAX_QUERY_CHARS = 1_000  # a pasted paragraph fits; more belongs into the search for similar deals
MAX_LIMIT = 100
Sort = Literal["relevance", "newest"]
_PART = re.compile(r'(?P<minus>(?<!\S)[-−－])?(?:["“”„「](?P<phrase>[^"“”「」]*)["“”」]|(?P<word>\S+))')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Filters:
    """Values a hit must have: any of those given for a field, and something of every field given."""

    values: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (facet, values), without empty ones
    date_from: str = ""  # ISO day, inclusive
    date_to: str = ""
    trust: tuple[str, ...] = ()  # states: how far an entry can be relied on

    def __bool__(self) -> bool:
        return bool(self.values or self.date_from or self.date_to or self.trust)

    def without(self, facet: str) -> Filters:
        """Return the filters but for one facet, to count what choosing another value of it would give."""
        return replace(self, values=tuple(pair for pair in self.values if pair[0] != facet))


@dataclass(frozen=True, slots=True)
class Query:
    """A question taken apart."""

    text: str = ""  # as asked, cleaned of control characters
    meaning: str = ""  # what is embedded: the text without operators and exclusions
    phrases: tuple[str, ...] = ()  # must stand in the entry as they are
    excluded: tuple[str, ...] = ()  # must not stand in the entry
    terms: tuple[str, ...] = field(default=())  # keywords, each once

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked but filters."""
        return not self.meaning


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A question with all that shapes its answer."""

    query: Query
    filters: Filters
    sort: Sort
    limit: int
    offset: int
    explain: bool
    started: float  # `time.perf_counter` when it was asked

    @property
    def took_ms(self) -> float:
        """Milliseconds since it was asked."""
        return (time.perf_counter() - self.started) * 1000


def parse_query(text: str) -> Query:
    """Take a question apart; anything people type is a query. Raises QueryTooLongError."""
    if len(text) > MAX_QUERY_CHARS:
        raise QueryTooLongError(len(text), MAX_QUERY_CHARS)
    cleaned = " ".join(_CONTROL.sub(" ", text).split())
    words: list[str] = []
    phrases: list[str] = []
    excluded: list[str] = []
    for match in _PART.finditer(cleaned):
        phrase = " ".join((match["phrase"] or "").split())
        minus = match["minus"] or ""
        if minus and (phrase or match["word"]):
            excluded.append(phrase or match["word"])
        elif phrase:
            # 「…」 is how Japanese is quoted in a sentence: it is exact only where it stands alone.
            if match[0].startswith("「") and not _stands_alone(cleaned, match):
                words.append(phrase)
                continue
            phrases.append(phrase)
            words.append(phrase)
        elif match["word"]:
            words.append(match["word"])
    meaning = " ".join(words)
    if not analysis.fold(re.sub(r"[\W_]+", "", meaning)):
        meaning = meaning if any(not c.isascii() for c in meaning) else ""
    return Query(cleaned, meaning, tuple(phrases), tuple(excluded), tuple(dict.fromkeys(analysis.terms(meaning))))


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()], text[match.end() :]
    return (not before or before[-1].isspace()) and (not after or after[0].isspace())
