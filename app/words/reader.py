"""The reader of a response: language, the playbook's terms, and today."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent

from app.words.agreed import in_english
from app.words.catalogue import messages_of
from kb.choices import CHOICES
from kb.clock import CLOCK, Clock
from kb.fields import BY_NAME
from kb.playbook import Playbook
from kb.wording import Sentence

MAN, OKU = 10_000, 100_000_000  # the units Japanese amounts are spoken in


def _is_anybody(_name: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of a response or of a command's output; called with a key, it returns the sentence."""

    locale: str
    messages: Mapping[str, tuple[str, ...]]
    playbook: Playbook
    clock: Clock
    is_former: Callable[[str], bool] = _is_anybody  # whether a name is that of somebody who was deleted
    counts_people: bool = False  # whether the log of searches tells people apart, as where they sign in; else devices

    @classmethod
    def of(cls, locale: str, playbook: Playbook | None = None, clock: Clock = CLOCK) -> Reader:
        """Return a reader of a language, one of LOCALES."""
        return cls(locale, messages_of(locale), playbook or Playbook(), clock)

    @property
    def today(self) -> datetime.date:
        """The reader's day."""
        return self.clock.today()

    def __call__(self, key: str, **values: object) -> str:
        """Return the sentence of a key with its values filled in; the key itself when there is none."""
        text = self._text(key)
        return text.format(**values) if values else text

    def counting(self, key: str) -> str:
        """Return the key of the sentence that counts who searched: devices, or people where they sign in."""
        return f"{key}.people" if self.counts_people else key

    def has(self, key: str) -> bool:
        """Whether there is a sentence for a key."""
        return key in self.messages

    def say(self, sentence: str) -> str:
        """Return a sentence in this language; in English if the catalogue lacks its pattern."""
        if not isinstance(sentence, Sentence):
            return sentence
        values = {name: self.say(v) if isinstance(v, str) else v for name, v in sentence.values.items()}
        return self._text(sentence.pattern).format_map(values)

    def person(self, name: str) -> str:
        """Return the name of a person as it is shown; that of somebody who was deleted is not."""
        return self("people.former") if name and self.is_former(name) else name

    def field(self, name: str) -> str:
        """Return the label of a field."""
        return BY_NAME[name].label(self.locale)

    def label(self, field: str, value: str, outcome: str | None = None) -> str:
        """Return the label of a value: an agreed term, else one of ours, else the value itself.

        `outcome` is that of the deal a reason was given for, if known.
        """
        if field == "reason":
            term = self.playbook.reason(outcome, value)
            return term.label(self.locale) if term else value
        if field == "visibility" and ", " in value:
            return self("comma").join(self.label(field, name) for name in value.split(", "))
        words = CHOICES.get(field) or self.playbook.vocabulary(field)
        if words.find(value):
            return words.label(value, self.locale)
        return self(key) if self.has(key := f"{field}.{value}") else value

    def counted(self, key: str, count: int, **values: object) -> str:
        """Return the singular or plural sentence for a count."""
        forms = self.messages.get(key, (key,))
        # Japanese has one form, English two: the first of them is for exactly one.
        form = forms[0] if count == 1 else forms[-1]
        return form.format(count=self.number(count), **values)

    def sentences(self, texts: Iterable[str]) -> str:
        """Join sentences as the language does."""
        return ("" if self.locale == "ja" else " ").join(texts)

    def number(self, value: float) -> str:
        """Format a number with separators."""
        return f"{value:,}" if isinstance(value, int) else format_decimal(value, locale=self.locale)

    def percent(self, part: int, whole: int) -> str:
        """Format a share, with one decimal below ten percent; a dash if there is no whole."""
        if not whole:
            return "–"
        share = part / whole
        return format_percent(share, "#,##0.0%" if 0 < share < 0.1 else "#,##0%", locale=self.locale)

    def date(self, day: datetime.date | None) -> str:
        """Format a day; empty if there is none."""
        return _day(day, self.locale) if day else ""

    def moment(self, at: datetime.datetime | None) -> str:
        """Format a time in the machine's time zone, to the minute; empty if there is none."""
        local = at.astimezone() if at else None
        return f"{self.date(local.date())} {local:%H:%M}" if local else ""

    def day_of_year(self, day: datetime.date) -> str:
        """Format a day without its year: 11月1日, Nov 1."""
        return format_skeleton("MMMd", day, locale=self.locale)

    def sums(self, amount: int, currency: str, apart: Iterable[Sequence[Any]]) -> str:
        """Format a sum and those in other currencies beside it: 300万円と$48,000; empty for nothing."""
        own = [self.money(amount, currency)] if amount else []
        return self("similar.and").join([*own, *(self.money(other, code) for code, other in apart)])

    def money(self, amount: int, currency: str = "JPY") -> str:
        """Format an amount: 1億2,000万円 and 650万円 in Japanese, ¥6,500,000 in English."""
        if self.locale == "ja" and currency == "JPY":
            return _yen(amount)
        return format_currency(amount, currency, format="¤#,##0", currency_digits=False, locale=self.locale)

    def agreed(self, text: str) -> str:
        """Return what the playbook says in numbers, such as 月180件, in this language."""
        return in_english(text) if self.locale == "en" else text

    def _text(self, key: str) -> str:
        return self.messages.get(key, (key,))[0]


@lru_cache(maxsize=4096)
def _day(day: datetime.date, locale: str) -> str:
    return format_date(day, format="medium", locale=locale)


def _yen(amount: int) -> str:
    if amount < MAN or amount % 1_000:
        return f"{amount:,}円"
    oku, rest = divmod(amount, OKU)
    man = f"{rest / MAN:,.1f}".removesuffix(".0") if rest else ""
    return (f"{oku:,}億" if oku else "") + (f"{man}万" if man else "") + "円"
