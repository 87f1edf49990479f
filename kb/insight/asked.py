"""The deal asked about: its notes and facts, completed from the playbook's terms in its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from kb.currencies import HOME
from kb.entry import Entry
from kb.index.analysis import fold
from kb.insight.deals import lead_source_key
from kb.insight.said import amount_in, size_in
from kb.playbook import Playbook, Term, Vocabulary

# Facts recognised in a text, with the minimum length of a name: 点検 is a product, but also an everyday word.
MIN_CHARS = {"industry": 2, "product": 3, "competitor": 2}
FACTS = tuple(MIN_CHARS)
SINGLE_FACTS = ("size", "amount", "stage", "lead_source")  # with one value


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a deal; values are playbook keys."""

    notes: tuple[str, ...] = ()  # the parts of its situation, without outcome and lessons
    industry: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    competitor: tuple[str, ...] = ()
    size: int | None = None  # employees
    amount: int | None = None
    currency: str = ""  # of the amount; empty: yen
    stage: str = ""
    lead_source: str = ""
    deal_id: str = ""  # of an existing entry, excluded from the results
    read_from_text: tuple[str, ...] = ()  # which facts come from the text
    is_confirmed: bool = False  # the user has reviewed the facts: empty ones are intended

    @property
    def text(self) -> str:
        """The notes as one text."""
        return "\n\n".join(self.notes)

    @property
    def amount_text(self) -> str:
        """The amount as a form takes it: 4200000, or USD 48000; empty without one."""
        if self.amount is None:
            return ""
        return str(self.amount) if self.currency in ("", HOME) else f"{self.currency} {self.amount}"

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to compare."""
        facts = (*(getattr(self, name) for name in FACTS), self.stage, self.lead_source)
        return not (self.text or self.deal_id or any(facts) or self.size is not None or self.amount is not None)


def asked_of(entry: Entry, playbook: Playbook) -> Asked:
    """Return the facts of an existing deal, without its notes."""
    deal = entry.deal
    named: dict[str, Any] = {name: entry.values(name) for name in FACTS}
    return Asked(
        **named,
        size=deal.size if deal else None,
        amount=deal.amount if deal else None,
        currency=deal.currency if deal and deal.amount is not None else "",
        stage=deal.stage if deal else "",
        lead_source=lead_source_key(deal.lead_source, playbook.vocabulary("lead_source")) if deal else "",
        deal_id=entry.id,
    )


def with_playbook_facts(asked: Asked, playbook: Playbook) -> Asked:
    """Return the deal with its facts as playbook keys, and missing facts read from the text."""
    found: dict[str, Any] = {}
    read = []
    for name in FACTS:
        given: tuple[str, ...] = getattr(asked, name)
        words = playbook.vocabulary(name)
        if given:
            found[name] = tuple(term.key if (term := words.find(value)) else value for value in given)
        elif not asked.is_confirmed and (named := named_in(asked.text, words, MIN_CHARS[name])):
            found[name] = named
            read.append(name)
    if asked.size is None and not asked.is_confirmed and (size := size_in(asked.text)) is not None:
        found["size"] = size
        read.append("size")
    if asked.amount is None and not asked.is_confirmed and (money := amount_in(asked.text)) is not None:
        found["amount"], found["currency"] = money
        read.append("amount")
    source = lead_source_key(asked.lead_source, playbook.vocabulary("lead_source"))
    return replace(asked, **found, lead_source=source, read_from_text=tuple(read))


def named_in(text: str, words: Vocabulary, least: int = 2) -> tuple[str, ...]:
    """Return the keys of the terms in a text, by any spelling, in the order of the vocabulary.

    A spelling within a longer one of another term does not count: 現場ログ点検 does not also mean 現場ログ. Nor do
    spellings shorter than `least` characters.
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
    """Return a pattern for a spelling; Latin ones match whole words only."""
    edge = r"(?<![a-z0-9])" if spelling[0].isascii() else ""
    end = r"(?![a-z0-9])" if spelling[-1].isascii() else ""
    return re.compile(edge + re.escape(spelling) + end)
