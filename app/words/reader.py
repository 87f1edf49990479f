"""Whom words are for: the language they read, the words their company has agreed on, and their day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.numbers import format_currency, format_decimal, format_percent

from app.words.catalogue import catalogue_of
from kb.choices import CHOICES
from kb.clock import CLOCK, Clock
from kb.fields import BY_NAME
from kb.playbook import Playbook
from kb.wording import Sentence

MAN, OKU = 10_000, 100_000_000  # the units Japanese amounts are spoken in


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads what a request or a command answers; called with a key, it returns the sentence."""

    locale: str
    catalog: Catalog
    playbook: Playbook
    clock: Clock

    @classmethod
    def of(cls, locale: str, playbook: Playbook | None = None, clock: Clock = CLOCK) -> Reader:
        """Return a reader of a language, one of LOCALES."""
        return cls(locale, catalogue_of(locale), playbook or Playbook(), clock)

    @property
    def today(self) -> datetime.date:
        """The reader's day."""
        return self.clock.today()

    def __call__(self, key: str, **values: object) -> str:
        """Return the sentence of a key with its values filled in; the key itself when there is none."""
        text = self._text(key)
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is a sentence for a key."""
        message = self.catalog.get(key)
        return bool(message and message.string)

    def say(self, sentence: str) -> str:
        """Say a sentence in this language; in English where the catalogue does not know its pattern."""
        if not isinstance(sentence, Sentence):
            return sentence
        values = {name: self.say(v) if isinstance(v, str) else v for name, v in sentence.values.items()}
        return self._text(sentence.pattern).format_map(values)

    def field(self, name: str) -> str:
        """Return what a field of the register is called."""
        return BY_NAME[name].label(self.locale)

    def label(self, field: str, value: str, outcome: str | None = None) -> str:
        """Return what a value is called: an agreed word, else a word of ours, else the value itself.

        `outcome` is that of the deal a reason was given for, where it is known.
        """
        if field == "reason":
            term = self.playbook.reason(outcome, value)
            return term.label(self.locale) if term else value
        words = CHOICES.get(field) or self.playbook.vocabulary(field)
        if words.find(value):
            return words.label(value, self.locale)
        return self(key) if self.has(key := f"{field}.{value}") else value

    def counted(self, key: str, count: int, **values: object) -> str:
        """Return the sentence for a number of things, singular or plural."""
        message = self.catalog.get(key)
        forms = message.string if message else None
        if not forms or isinstance(forms, str):
            return self(key, count=self.number(count), **values)
        # Japanese has one form, English two: the first of them is for exactly one.
        form = forms[0] if count == 1 else forms[-1]
        return str(form).format(count=self.number(count), **values)

    def sentences(self, said: Iterable[str]) -> str:
        """Return sentences one after another, as the language sets them."""
        return ("" if self.locale == "ja" else " ").join(said)

    def number(self, value: float) -> str:
        """Write a number with its separators."""
        return format_decimal(value, locale=self.locale)

    def percent(self, part: int, whole: int) -> str:
        """Write a share with one decimal below ten percent; a dash when there is no whole."""
        if not whole:
            return "–"
        share = part / whole
        return format_percent(share, "#,##0.0%" if 0 < share < 0.1 else "#,##0%", locale=self.locale)

    def date(self, day: datetime.date | None) -> str:
        """Write a day; empty when there is none."""
        return format_date(day, format="medium", locale=self.locale) if day else ""

    def money(self, amount: int, currency: str = "JPY") -> str:
        """Write an amount: 1億2,000万円 and 650万円 in Japanese, ¥6,500,000 in English."""
        if self.locale == "ja" and currency == "JPY":
            return _yen(amount)
        return format_currency(amount, currency, format="¤#,##0", currency_digits=False, locale=self.locale)

    def _text(self, key: str) -> str:
        message = self.catalog.get(key)
        return message.string if message and message.string and isinstance(message.string, str) else key


def _yen(amount: int) -> str:
    if amount < MAN or amount % 1_000:
        return f"{amount:,}円"
    oku, rest = divmod(amount, OKU)
    man = f"{rest / MAN:,.1f}".removesuffix(".0") if rest else ""
    return (f"{oku:,}億" if oku else "") + (f"{man}万" if man else "") + "円"
