"""Size and amount as people write them into notes: 従業員180名, 約400万円, about 300 staff, 6 million yen, $48,000."""

from __future__ import annotations

import re
import unicodedata

from kb.currencies import HOME
from kb.money import MoneyError, read_money

LEAST_STAFF = 10  # fewer people in a note are those who were in the room
LEAST_AMOUNT = 100_000  # yen: smaller sums in a note are prices of things, not of the deal
LEAST_ABROAD = 1_000  # the same in dollars, euros and pounds
# No part is endless, and each text can be read in one way: notes may hold any digits and gaps.
_NUMBER = r"(\d[\d,]{0,30}(?:\.\d{1,30})?)"
_GAP = r"\s{0,5}"
_STAFF_WORD = r"(?:従業員|社員|スタッフ|正社員|人員)[^\d。、\n]{0,8}"
_SIZES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_STAFF_WORD}{_NUMBER}{_GAP}(万|千)?(?:名|人)?(?![\d%割年月日])",
        rf"{_NUMBER}{_GAP}(k)?\+?[ -]{{0,5}}(?:employees|staff|workers|people|persons?|headcount|heads|fte)\b",
        rf"(?:staff|employees|headcount|workforce|team)\s{{1,5}}(?:of|is|:)?{_GAP}(?:about|around|some|roughly)?{_GAP}{_NUMBER}(k)?\b",
        rf"(?<![\d.])(?<!1人)(?<!\d月){_NUMBER}{_GAP}(万|千)?(?:名|人)(?!のうち|中|目|月|分|日|時|あたり|当たり|ずつ|で回|が賛成|が反対)",
    )
)
_WORDS = {"million": "000000", "billion": "000000000", "thousand": "000", "mio": "000000", "bn": "000000000"}
_SPOKEN = re.compile(rf"{_NUMBER}{_GAP}(million|billion|thousand|mio|bn)\b", re.IGNORECASE)
_AMOUNT = re.compile(
    r"(?:(?P<before>毎月|月額|月々|月に?|年に?|1人|一人|1名|1日|日当|時給|紙代は?)[^\d。、\n]{0,3})?"
    r"(?P<sum>(?:¥|￥|jpy\s{0,5})\s{0,5}[\d,.]{1,30}\s{0,5}[mk]?\b|\d[\d,.]{0,30}"
    r"(?:(?:\s{0,5}(?:億|千万|百万|十万|万|千)\s{0,5}|\s{1,5})\d[\d,.]{0,30}){0,8}\s{0,5}(?:(?:億|千万|百万|十万|万|千)\s{0,5})?円"
    r"|\d[\d,.]{0,30}\s{0,5}[mk]?\s{0,5}(?:yen|jpy|usd|eur|gbp|aud|dollars?|euros?|pounds?)\b"
    r"|(?:us\$|a\$|\$|€|£|(?:usd|eur|gbp|aud)\s{0,5})\s{0,5}\d[\d,.]{0,30}\s{0,5}[mk]?\b"
    r"|\d[\d,.]{0,30}\s{0,5}(?:億|千万|百万|十万|万|千)?\s{0,5}(?:ドル|ユーロ|ポンド))",
    re.IGNORECASE,
)
_CURRENCIES = {"yen": "JPY", "dollar": "USD", "euro": "EUR", "pound": "GBP", "ユーロ": "EUR", "ポンド": "GBP"}
_NAMED = re.compile("|".join(f"{name}s?" for name in _CURRENCIES), re.IGNORECASE)
_TIMES = {"万": 10_000, "千": 1_000, "k": 1_000}


def size_in(text: str) -> int | None:
    """Return how many employees a note speaks of; what says so itself goes before a bare number of people."""
    plain = unicodedata.normalize("NFKC", text)
    for pattern in _SIZES:
        for found in pattern.finditer(plain):
            size = round(float(found[1].replace(",", "")) * _TIMES.get((found[2] or "").lower(), 1))
            if size >= LEAST_STAFF:
                return size
    return None


def amount_in(text: str) -> tuple[int, str] | None:
    """Return the first amount that is not by month, year or head, and its currency."""
    plain = _SPOKEN.sub(_written_out, unicodedata.normalize("NFKC", text))
    for found in _AMOUNT.finditer(plain):
        if found["before"]:
            continue
        try:
            amount, currency = read_money(_NAMED.sub(_code, found["sum"]).strip().rstrip(",."))
        except MoneyError:
            continue
        if amount >= (LEAST_AMOUNT if currency in (None, HOME) else LEAST_ABROAD):
            return amount, currency or HOME
    return None


def _code(found: re.Match[str]) -> str:
    return _CURRENCIES[found[0].lower().removesuffix("s")]


def _written_out(found: re.Match[str]) -> str:
    number = float(found[1].replace(",", "")) * int("1" + _WORDS[found[2].lower()])
    return f"{number:.0f}"
