"""The unit of a column of money: in its header, in a column of its own, or in a title row."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ingest.fields import FieldError
from ingest.importers.numbers import amount_of
from kb.money import UNITS, Money
from kb.wording import say

_WORDS = {
    "000": "K", "'000": "K", "thousand": "K", "thousands": "K", "thou": "K",
    "million": "M", "millions": "M", "mn": "M", "mm": "M",
}  # fmt: skip
_SIGNS = {"円": "JPY", "¥": "JPY", "\\": "JPY", "ドル": "USD", "us$": "USD", "$": "USD", "€": "EUR", "£": "GBP"}
_SCALES = sorted((unit for unit in UNITS if UNITS[unit] >= 1000), key=len, reverse=True)
_SCALE = "|".join([*map(re.escape, _SCALES), *_WORDS])
_MONEY = "|".join([*map(re.escape, _SIGNS), "JPY", "USD", "EUR", "GBP", "AUD"])
_PART = re.compile(rf"(?P<before>{_MONEY})?\s*(?P<scale>{_SCALE})?\s*(?P<after>{_MONEY})?", re.IGNORECASE)
_BRACKETS = re.compile(r"[(\[【〔<]([^()\[\]【】〔〕<>]*)[)\]】〕>]")
_STATED = re.compile(r"(?:単位|unit)\s*[:=]?\s*([^\s()\[\]【】,、]+)", re.IGNORECASE)
_NAMED = re.compile(r"^(?:単位|unit|in)\s*[:=]?\s*", re.IGNORECASE)
# A unit at the end of a header without brackets: 金額千円, Amount USD K.
UNIT_TAIL = re.compile(
    r"[\s_/,:]*(?:単位\s*:?\s*)?(?:[千万億]|百万|十億)円$|[\s_,]+(?:in\s+)?(?:(?:JPY|USD|EUR|GBP|[$¥€£])\s*[KM]|[KM]\s*(?:JPY|USD|EUR|GBP)|K"
    r"|(?:(?:JPY|USD|EUR|GBP)\s*)?(?:thousands?|millions?))$",
    re.IGNORECASE,
)
_OWN_SCALE = re.compile(r"[兆億万千百十]|\d\s*(?:[MK](?![A-Z])|thousand|million)", re.IGNORECASE)
_LAST_DIGIT = re.compile(r"(\d)(?=\D*$)")


@dataclass(frozen=True, slots=True)
class Unit:
    """How much one in a cell is: a scale (万, K) and a currency, either of them empty."""

    scale: str = ""
    currency: str = ""

    def __bool__(self) -> bool:
        return bool(self.scale or self.currency)

    @property
    def name(self) -> str:
        """The unit as shown in a preview: ×10,000 JPY."""
        return " ".join(filter(None, [f"×{UNITS[self.scale]:,}" if self.scale else "", self.currency]))


def unit_of(text: str) -> Unit:
    """Return the unit a text consists of: 万円, USD K, 千円・税抜; an empty one if it names none."""
    scale, currency = "", ""
    for part in re.split(r"[・,、/_\s]+", _NAMED.sub("", _plain(text))):
        found = _PART.fullmatch(part)
        if found and found["scale"]:
            folded = found["scale"].casefold()
            scale = scale or _WORDS.get(folded, found["scale"].upper())
        money = found and (found["before"] or found["after"])
        if money:
            currency = currency or _SIGNS.get(money.casefold(), money.upper())
    return Unit(scale, currency)


def unit_in_header(header: str) -> Unit:
    """Return the unit a header names in brackets or at its end: 契約総額(万円), Amount [USD K], 金額千円."""
    plain = _plain(header)
    for inner in reversed(_BRACKETS.findall(plain)):
        if found := unit_of(inner):
            return found
    tail = UNIT_TAIL.search(plain)
    return unit_of(tail[0].strip(" _/,:")) if tail else Unit()


def unit_in_title(text: str) -> Unit:
    """Return the unit that the rows above the header state: (単位:千円)."""
    stated = _STATED.search(_plain(text))
    return unit_of(stated[1]) if stated else Unit()


def amount_in(text: str, unit: Unit) -> Money:
    """Read an amount in the unit of its column; a scale in the cell itself counts instead. Raises FieldError."""
    plain = _plain(text)
    if not unit.scale or _OWN_SCALE.search(plain) or not re.search(r"[1-9]", plain):
        amount, currency = amount_of(text)
    elif plain.endswith("円"):
        raise FieldError(say("'{value}' contradicts the unit of the column ({unit}).", value=text[:60], unit=unit.name))
    else:
        amount, currency = amount_of(_LAST_DIGIT.sub(rf"\g<1>{unit.scale}", plain))
    return amount, currency or unit.currency or None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
