"""The words, dates and amounts of the pages in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from kb.wording import Sentence

LOCALES = ("ja", "en")
DEFAULT_LOCALE = "ja"
FOLDER = Path(__file__).parent / "locale"
MAN, OKU = 10_000, 100_000_000  # the units Japanese amounts are spoken in


@dataclass(frozen=True, slots=True)
class Texts:
    """The catalogue of one language; called with a key it returns the sentence."""

    locale: str
    catalog: Catalog

    def __call__(self, key: str, **values: object) -> str:
        """Return the sentence of a key with its values filled in; the key itself when there is none."""
        text = self._text(key)
        return text.format(**values) if values else text

    def said(self, sentence: str) -> str:
        """Say a sentence in this language; in English where the catalogue does not know its pattern."""
        if not isinstance(sentence, Sentence):
            return sentence
        values = {name: self.said(v) if isinstance(v, str) else v for name, v in sentence.values.items()}
        return self._text(sentence.pattern).format_map(values)

    def has(self, key: str) -> bool:
        """Whether there is a sentence for a key."""
        message = self.catalog.get(key)
        return bool(message and message.string)

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

    def day(self, day: date | None, style: str = "medium") -> str:
        """Write a day; empty when there is none."""
        return format_date(day, format="long" if style == "long" else "medium", locale=self.locale) if day else ""

    def money(self, amount: int, currency: str = "JPY") -> str:
        """Write an amount: 1億2,000万円 and 650万円 in Japanese, ¥6,500,000 in English."""
        if self.locale == "ja" and currency == "JPY":
            return _yen(amount)
        return format_currency(amount, currency, format="¤#,##0", currency_digits=False, locale=self.locale)

    def _text(self, key: str) -> str:
        message = self.catalog.get(key)
        return message.string if message and message.string and isinstance(message.string, str) else key


def texts_for(locale: str) -> Texts:
    """Return the texts of a language; those of the default language for an unknown one."""
    catalogs = _catalogs()
    known = locale if locale in catalogs else DEFAULT_LOCALE
    return Texts(known, catalogs[known])


def choose_locale(asked: str | None, remembered: str | None, accepted: str | None) -> str:
    """Choose a language: the one asked for, else the one remembered, else the browser's, else Japanese."""
    for choice in (asked, remembered):
        if choice in LOCALES:
            return choice
    wanted = sorted(_accepted(accepted or ""), key=lambda pair: -pair[1])
    return next((name for name, weight in wanted if weight > 0 and name in LOCALES), DEFAULT_LOCALE)


@cache
def _catalogs() -> Mapping[str, Catalog]:
    catalogs = {}
    for locale in LOCALES:
        with (FOLDER / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
            catalogs[locale] = read_po(file, locale=locale)
    return catalogs


def _accepted(header: str) -> list[tuple[str, float]]:
    """Read an Accept-Language header as (language, weight)."""
    pairs = []
    for part in header.split(",")[:20]:
        name, _, weight = part.strip().partition(";q=")
        try:
            pairs.append((name.split("-")[0].lower(), float(weight or 1)))
        except ValueError:
            continue
    return pairs


def _yen(amount: int) -> str:
    if amount < MAN or amount % 1_000:
        return f"{amount:,}円"
    oku, rest = divmod(amount, OKU)
    man = f"{rest / MAN:,.1f}".removesuffix(".0") if rest else ""
    return (f"{oku:,}億" if oku else "") + (f"{man}万" if man else "") + "円"
