"""Amounts, counts and yes or no as exports of different countries write them."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

from ingest.fields import FieldError, to_money
from kb.wording import say

MAX_DIGITS = 15
_UNIT = re.compile(r"[億万千]")
_SIGNS = {
    "US$": "USD",
    "A$": "AUD",
    "$": "USD",
    "¥": "JPY",
    "\\": "JPY",
    "円": "JPY",
    "ドル": "USD",
    "€": "EUR",
    "£": "GBP",
}
_CODE = re.compile(r"^([A-Z]{3})\b|(?<![A-Z])([A-Z]{3})$")
_SPACED = re.compile(r"\d{1,3}(?:[ '’]\d{3})+(?=$|[.,])")
_GROUPED = {",": re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}"), ".": re.compile(r"\d{1,3}(?:\.\d{3})+")}
_TRUE, _FALSE = {"1", "true", "yes", "y", "はい", "✓", "○", "有"}, {"", "0", "false", "no", "n", "いいえ", "×", "無"}


def amount_of(text: str) -> tuple[int, str | None]:
    r"""Read an amount and the currency it names: 1,200万円, \1,054, US$ 55 779,40, 1124741.15. Raises FieldError."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if _UNIT.search(plain):
        return to_money(plain)
    bare, currency = _without_currency(plain)
    return _rounded(_decimal(bare, text)), currency


def is_true(text: str) -> bool:
    """Read a column of ticks. Raises FieldError."""
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise FieldError(say("'{value}' is neither yes nor no; expected for example true or 0.", value=text[:60]))


def _without_currency(text: str) -> tuple[str, str | None]:
    found = _CODE.search(text)
    if found:
        return (text[: found.start()] + text[found.end() :]).strip(), found[1] or found[2]
    for sign, code in _SIGNS.items():
        if sign in text:
            return text.replace(sign, "").strip(), code
    return text, None


def _decimal(bare: str, text: str) -> Decimal:
    """Tell thousands from decimals: the last of two signs is the decimal one; groups of three are thousands."""
    spaced = _SPACED.match(bare)
    number = re.sub(r"[ '’]", "", bare[: spaced.end()]) + bare[spaced.end() :] if spaced else bare
    comma, point = number.rfind(","), number.rfind(".")
    if comma >= 0 and point >= 0:
        thousands, decimal = (",", ".") if comma < point else (".", ",")
        whole, _, cents = number.rpartition(decimal)
        number = f"{whole.replace(thousands, '')}.{cents}" if _GROUPED[thousands].fullmatch(whole) else ""
    elif comma >= 0 and not spaced and _GROUPED[","].fullmatch(number):
        number = number.replace(",", "")
    elif point >= 0 and _GROUPED["."].fullmatch(number) and not spaced and not number.startswith("0."):
        if number.count(".") == 1:
            raise FieldError(
                say("'{value}' may mean thousands or decimals; write it without a point.", value=text[:60])
            )
        number = number.replace(".", "")
    elif re.search(r",\d{1,2}$", number):
        number = number.replace(",", ".")
    if not re.fullmatch(r"\d+(\.\d+)?", number, re.ASCII):
        raise FieldError(
            say("'{value}' is not an amount; expected for example 1,200万円, ¥1,200,000 or 12000000.", value=text[:60])
        )
    return Decimal(number)


def _rounded(exact: Decimal) -> int:
    if exact >= Decimal(10) ** MAX_DIGITS:
        raise FieldError(say("'{value}' is too large a number.", value=str(exact)[:60]))
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
