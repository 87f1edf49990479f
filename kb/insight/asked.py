"""The deal somebody asks about: what was said of it, and what its text tells by the agreed words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from kb.entry import Entry
from kb.index.analysis import fold
from kb.insight.deals import lead_source_key
from kb.playbook import Playbook, Term, Vocabulary

# Fields a text can name, with the length of the shortest name that counts: 点検 is a product, and what everybody does.
LEAST_CHARS = {"industry": 2, "product": 3, "competitor": 2}
FACTS = tuple(LEAST_CHARS)
SINGLE_FACTS = ("size", "amount", "stage", "lead_source")  # that have one value


@dataclass(frozen=True, slots=True)
class Asked:
    """A deal as far as it is known; values as the playbook names them."""

    told: tuple[str, ...] = ()  # the situation part by part, without outcome and lesson
    industry: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    competitor: tuple[str, ...] = ()
    size: int | None = None  # employees
    amount: int | None = None
    stage: str = ""
    lead_source: str = ""
    deal_id: str = ""  # of an existing entry: it is not similar to itself
    read_from_text: tuple[str, ...] = ()  # which of FACTS the text told
    is_confirmed: bool = False  # the asker has seen what text and entry tell: facts left empty are meant to be

    @property
    def text(self) -> str:
        """What is told, as one text."""
        return "\n\n".join(self.told)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known that could be compared."""
        facts = (*(getattr(self, name) for name in FACTS), self.stage, self.lead_source)
        return not (self.text or self.deal_id or any(facts) or self.size is not None or self.amount is not None)


def asked_of(entry: Entry, playbook: Playbook) -> Asked:
    """Return what is known of an existing deal, but for its text."""
    deal = entry.deal
    named: dict[str, Any] = {name: entry.values(name) for name in FACTS}
    return Asked(
        **named,
        size=deal.size if deal else None,
        amount=deal.amount if deal else None,
        stage=deal.stage if deal else "",
        lead_source=lead_source_key(deal.lead_source, playbook.vocabulary("lead_source")) if deal else "",
        deal_id=entry.id,
    )


def with_agreed_words(asked: Asked, playbook: Playbook) -> Asked:
    """Return the same with given facts under their agreed names, and missing ones read from the text."""
    found: dict[str, Any] = {}
    read = []
    for name in FACTS:
        given: tuple[str, ...] = getattr(asked, name)
        words = playbook.vocabulary(name)
        if given:
            found[name] = tuple(term.key if (term := words.find(value)) else value for value in given)
        elif not asked.is_confirmed and (told := named_in(asked.text, words, LEAST_CHARS[name])):
            found[name] = told
            read.append(name)
    source = lead_source_key(asked.lead_source, playbook.vocabulary("lead_source"))
    return replace(asked, **found, lead_source=source, read_from_text=tuple(read))


def named_in(text: str, words: Vocabulary, least: int = 2) -> tuple[str, ...]:
    """Return the keys of the terms a text names by any spelling, in the order of the vocabulary.

    A spelling inside a longer one of another term does not count: 現場ログ点検 names not 現場ログ as well. Nor does one
    of fewer than `least` characters.
    """
    spelled = sorted(
        {(fold(spelling).strip(), term.key) for term in words.terms for spelling in _spellings(term)},
        key=lambda pair: -len(pair[0]),
    )
    rest, found = fold(text), set()
    for spelling, key in spelled:
        pattern = _pattern(spelling)
        if len(spelling) >= least and pattern.search(rest):
            found.add(key)
            rest = pattern.sub(" ", rest)
    return tuple(term.key for term in words.terms if term.key in found)


def _spellings(term: Term) -> tuple[str, ...]:
    return (term.key, term.ja, term.en, *term.aliases)


def _pattern(spelling: str) -> re.Pattern[str]:
    """Return how a spelling stands in a text: a Latin one as a whole word."""
    edge = r"(?<![a-z0-9])" if spelling[0].isascii() else ""
    end = r"(?![a-z0-9])" if spelling[-1].isascii() else ""
    return re.compile(edge + re.escape(spelling) + end)
