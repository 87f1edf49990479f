"""Parse amounts of money in the notations of several countries, for files, forms, imports and targets.

Standard library only, besides `wording` and `numerals`.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

from kb.numerals import with_digits
from kb.wording import say

UNITS = {
    "兆": 10**12, "千億": 10**11, "百億": 10**10, "十億": 10**9, "億": 10**8, "千万": 10**7, "百万": 10**6,
    "十万": 10**5, "万": 10**4, "千": 10**3, "M": 10**6, "K": 10**3,
}  # fmt: skip
LARGE_UNITS = tuple(unit for unit in UNITS if not unit.isascii())
_SIGNS = {  # longer ones first: US$ holds $
    "US$": "USD", "A$": "AUD", "$": "USD", "ドル": "USD", "¥": "JPY", "\\": "JPY", "円": "JPY", "€": "EUR", "£": "GBP",
}  # fmt: skip
_CODES = "JPY|USD|EUR|GBP|AUD"
_KNOWN_CODE = re.compile(_CODES, re.IGNORECASE)
_ANY_CODE = re.compile(r"^([A-Z]{3})\b|(?<![A-Z])([A-Z]{3})$")
MAX_DIGITS = 15  # more is not an amount
_UNIT = "|".join(unit if unit not in "KM" else rf"{unit}(?!(?!{_CODES})[A-Z])" for unit in UNITS)  # not 5 MQL
_PLAIN = r"\d[\d,.]*"
_PART = re.compile(rf"({_PLAIN})\s*({_UNIT})?\s*", re.IGNORECASE | re.ASCII)
_WITH_UNITS = re.compile(rf"(?:{_PLAIN}\s*(?:{_UNIT})\s*)+(?:{_PLAIN})?", re.IGNORECASE | re.ASCII)
_SPACED = re.compile(r"\d{1,3}(?:[ '’]\d{3})+(?=$|[.,])", re.ASCII)
_GROUPED = {",": re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}"), ".": re.compile(r"\d{1,3}(?:\.\d{3})+")}
_NUMERALS = re.compile(r"(?<!\d)[〇一二三四五六七八九十百千]+(?=[兆億万円]|$)")
_TAX = re.compile(
    r"\s*[(\[]?\s*((?:消費)?税(?:抜き?|込み?|別)(?:価格|金額)?|\+\s*税|(?:excl|incl)(?:uding|\.)? (?:tax|vat))"
    r"\s*[)\]]?\s*"
)
_ABOUT = re.compile(
    r"^(約|およそ|おおよそ|about|approx\.?|ca\.)\s*|(?<=[\d円万億])(くらい|ぐらい|程度|前後|ほど)$", re.IGNORECASE
)
_KANA = {"まん": "万", "おく": "億"}  # as phones leave them
_IN_KANA = re.compile(rf"(?<=\d)\s*({'|'.join(_KANA)})")
_MINUS = re.compile(r"\s*[△▲▵−-]\s*(?=[^\s△▲▵−-])|\((?=[^()]*\)$)")
_END = re.compile(r"(?<=[\d円])(?:\.?-|也|丁度)$")  # ¥1,200- and 1,200円也 on invoices: nothing may be added
_PERIOD = re.compile(
    r"月額|年額|日額|毎月|/\s*(?:月|年|人|名|mo|yr|year|month)|(?:月|年|人)当たり|per (?:month|year|user)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\d[\d,.]*\s*[^\d\s-]{0,3}\s*(?:[~〜~]|から|\bto\b|[-–−](?=\s*[¥$]?\d))")

Money = tuple[int, str | None]  # whole units, currency code


class MoneyError(ValueError):
    """The text is not an amount, or is ambiguous; the message says what was expected."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def read_money(text: str, *, is_strict: bool = False) -> Money:
    r"""Parse an amount and its currency: 2億4,000万円, \1,054, US$ 55 779,40, 48K.

    △, ▲, a minus or parentheses make it negative; a remark such as (税抜) or 約 is left to `money_note`.
    Ambiguous separators (1.054; 1,2345) count as thousands; `is_strict`, for machine-written tables, rejects them.
    Raises MoneyError.
    """
    plain = _ABOUT.sub("", _TAX.sub("", unicodedata.normalize("NFKC", text)).strip())
    plain = _IN_KANA.sub(lambda unit: _KANA[unit[1]], plain)
    minus = _MINUS.match(plain)
    plain = plain[minus.end() :].removesuffix(")") if minus else plain
    bare, currency = _without_currency(_NUMERALS.sub(lambda run: with_digits(run[0]), _END.sub("", plain)))
    if not minus and (minus := _MINUS.match(bare)):  # ¥-1,200
        bare = bare[minus.end() :].removesuffix(")")
    exact = _sum_of_units(bare, text) if _WITH_UNITS.fullmatch(bare) else _number(bare, text, is_strict)
    amount = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return (-amount if minus else amount), currency


def money_note(text: str) -> str:
    """Return the remarks beside an amount, such as 税抜 or 約; empty if there are none."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = (_ABOUT.search(plain), _TAX.search(plain))
    return " ".join(remark[remark.lastindex or 0] for remark in found if remark)


def find_money(text: str) -> Money | None:
    """Return the first amount in a sentence: with a unit or currency, else any number; None if there is none."""
    plain = unicodedata.normalize("NFKC", text)
    signs = "|".join((*map(re.escape, _SIGNS), _CODES))
    amounts = rf"(?:{signs})?\s*(?:{_WITH_UNITS.pattern}|{_PLAIN})\s*(?:{signs})?"
    found = []
    for match in re.finditer(amounts, plain, re.IGNORECASE | re.ASCII):
        try:
            amount, currency = read_money(match[0].strip().rstrip(",."))
        except MoneyError:
            continue
        if currency or re.search(_UNIT, match[0], re.IGNORECASE):
            return amount, currency
        found.append((amount, currency))
    return found[0] if found else None


def _without_currency(text: str) -> tuple[str, str | None]:
    found = _KNOWN_CODE.search(text) or _ANY_CODE.search(text)
    currency = found[0].upper() if found else next((code for sign, code in _SIGNS.items() if sign in text), None)
    bare = text.replace(found[0], "") if found else text
    return re.sub("|".join(map(re.escape, _SIGNS)), "", bare).strip(), currency


def _sum_of_units(bare: str, text: str) -> Decimal:
    """Return the sum of 2億 and 4,000万; the units of one amount must decrease."""
    parts = [(_number(number, text, is_decimal=True), UNITS[unit.upper()] if unit else 1)
             for number, unit in _PART.findall(bare)]  # fmt: skip
    units = [unit for _, unit in parts]
    if units != sorted(set(units), reverse=True):
        raise _not_money(text)
    return sum((number * unit for number, unit in parts), Decimal(0))


def _number(bare: str, text: str, is_strict: bool = False, *, is_decimal: bool = False) -> Decimal:
    """Tell thousands from decimals: of two separators the last is the decimal one; groups of three are thousands.

    With `is_decimal` a single point is a decimal point: 1.054億.
    """
    spaced = _SPACED.match(bare)
    number = re.sub(r"[ '’]", "", bare[: spaced.end()]) + bare[spaced.end() :] if spaced else bare
    comma, point = number.rfind(","), number.rfind(".")
    if comma >= 0 and point >= 0:
        thousands, decimal = (",", ".") if comma < point else (".", ",")
        whole, _, cents = number.rpartition(decimal)
        is_grouped = _GROUPED[thousands].fullmatch(whole) or (thousands == "," and not is_strict)
        number = f"{whole.replace(thousands, '')}.{cents}" if is_grouped else ""
    elif comma >= 0 and not spaced and _GROUPED[","].fullmatch(number):
        number = number.replace(",", "")
    elif point >= 0 and _GROUPED["."].fullmatch(number) and not spaced and not number.startswith("0."):
        number = number if is_decimal and number.count(".") == 1 else _of_thousands(number, text, is_strict)
    elif re.fullmatch(r"\d+,\d{1,2}", number, re.ASCII):
        number = number.replace(",", ".")
    elif not is_strict and re.fullmatch(r"\d[\d,]*", number, re.ASCII):
        number = number.replace(",", "")
    if not re.fullmatch(r"\d+(\.\d+)?", number, re.ASCII):
        raise _not_money(text)
    if len(number.partition(".")[0]) > MAX_DIGITS:
        raise MoneyError(say("'{value}' is too large a number.", value=_short(text)))
    return Decimal(number)


def _of_thousands(number: str, text: str, is_strict: bool) -> str:
    if is_strict and number.count(".") == 1:
        raise MoneyError(say("'{value}' is ambiguous (thousands or decimals); remove the point.", value=_short(text)))
    return number.replace(".", "")


def _not_money(text: str) -> MoneyError:
    plain, short = unicodedata.normalize("NFKC", text), _short(text)
    if _PERIOD.search(plain):
        return MoneyError(
            say(
                "'{value}' is an amount per month, year or person; write the total of the contract.", value=_short(text)
            )
        )
    if _RANGE.search(plain):
        return MoneyError(say("'{value}' is a range; write one amount.", value=short))
    return MoneyError(
        say("'{value}' is not an amount; use for example 1,200万円, ¥1,200,000 or 12000000.", value=_short(text))
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
