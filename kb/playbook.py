"""The playbook both teams share: goal, KPIs, lead stages, SLA, vocabularies and reason codes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from kb.currencies import ExchangeRates

ALIKE = 0.7  # share of common letters below which a suggestion is absurd: finance for maintenance


@dataclass(frozen=True, slots=True)
class Term:
    """One value of a vocabulary: its key, its label in both languages and its other spellings."""

    key: str
    ja: str
    en: str
    aliases: tuple[str, ...] = ()

    def label(self, locale: str) -> str:
        """Return the label in a language, `ja` or `en`."""
        return self.en if locale == "en" else self.ja


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Terms, looked up by any of their spellings."""

    terms: tuple[Term, ...] = ()
    _by_spelling: Mapping[str, Term] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, terms: Iterable[Term]) -> Vocabulary:
        """Build a vocabulary; a spelling shared by two terms means the first."""
        kept = tuple(terms)
        spellings: dict[str, Term] = {}
        for term in kept:
            for spelling in (term.key, term.ja, term.en, *term.aliases):
                spellings.setdefault(_folded(spelling), term)
        return cls(kept, spellings)

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the terms, in order."""
        return tuple(term.key for term in self.terms)

    @property
    def spellings(self) -> Mapping[str, Term]:
        """The terms by folded spelling."""
        return self._by_spelling

    def find(self, spelling: str) -> Term | None:
        """Return the term with this spelling."""
        return self._by_spelling.get(_folded(spelling))

    def nearest(self, spelling: str) -> str | None:
        """Return the key of the most similar term, as a suggestion."""
        close = get_close_matches(_folded(spelling), list(self._by_spelling), n=1, cutoff=ALIKE)
        return self._by_spelling[close[0]].key if close else None

    def label(self, key: str, locale: str) -> str:
        """Return the label of a key; the key itself when it is not in the playbook."""
        term = self._by_spelling.get(_folded(key))
        return term.label(locale) if term else key


@dataclass(frozen=True, slots=True)
class ClosedDeals:
    """How many deals were closed, noted or not."""

    outcome: str
    count: int
    industry: str = ""  # key; empty: all
    date_from: str = ""  # ISO day, inclusive
    date_to: str = ""

    def overlaps(self, other: ClosedDeals) -> bool:
        """Whether both count the same deals: of one outcome, in one industry, on the same days."""
        is_same = (self.outcome, self.industry) == (other.outcome, other.industry)
        return is_same and self.date_from <= (other.date_to or "9999") and other.date_from <= (self.date_to or "9999")


@dataclass(frozen=True, slots=True)
class MaskingRule:
    """What some people may not read about deals, and until when."""

    what: frozenset[str]  # of `kb.masking.WHAT`
    teams: frozenset[str] = frozenset()  # teams and groups, folded; with no teams and no roles: everybody
    roles: frozenset[str] = frozenset()
    until_days_after_end: int | None = None  # None: for ever


@dataclass(frozen=True, slots=True)
class Playbook:
    """The content of `playbook.yaml`; empty without one."""

    company: str = ""
    kgi: Mapping[str, Any] = field(default_factory=dict)
    kpis: Sequence[Mapping[str, Any]] = ()
    lead_stages: Sequence[Mapping[str, Any]] = ()
    sla: Sequence[Mapping[str, Any]] = ()
    vocabularies: Mapping[str, Vocabulary] = field(default_factory=dict)  # by the name of the field
    reasons: Mapping[str, Vocabulary] = field(default_factory=dict)  # by outcome
    closed_deals: Sequence[ClosedDeals] = ()
    rates: ExchangeRates = field(default_factory=ExchangeRates)
    synonyms: Sequence[tuple[str, ...]] = ()  # words that mean the same to this company, for the search
    visibility: Mapping[str, str] = field(default_factory=dict)  # of new entries, by kind; without one for all
    masking: Sequence[MaskingRule] = ()

    def reason(self, outcome: str | None, code: str) -> Term | None:
        """Return the reason with a code for deals of this outcome (of any, when the outcome is unknown)."""
        named = self.reasons.get(outcome or "")
        lists = [named] if named else list(self.reasons.values())
        return next((term for words in lists if (term := words.find(code))), None)

    def vocabulary(self, name: str) -> Vocabulary:
        """Return the vocabulary of a field; an empty one if the playbook does not define it."""
        return self.vocabularies.get(name, _NO_TERMS)


@lru_cache(maxsize=4_096)  # a page says hundreds of labels
def _folded(spelling: str) -> str:
    return unicodedata.normalize("NFKC", spelling).strip().casefold()


_NO_TERMS = Vocabulary()
