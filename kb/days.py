"""Read a day in the notations people use: the one reader for files, forms, imports, the playbook and queries.

Standard library only, besides `wording` and `numerals`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Literal

from kb.numerals import with_digits
from kb.wording import say

Order = Literal["", "month-first", "day-first"]  # of dates such as 3/4/2026; "" reads only those that leave no doubt

LONGEST = 100  # characters that are looked at
OLDEST, LATEST = 1950, 2100  # years; 0024 is an export error
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "r": 2018, "h": 1988, "s": 1925}  # the year before the first one
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_CLOCK = (
    r"(?:(?:午前|午後|am|pm)?\s*\d{1,2}(?::\d{2}){1,2}(?:[.,]\d+)?|(?:午前|午後)?\d{1,2}時(?:\d{1,2}分(?:\d{1,2}秒)?)?)"
)
_ZONE = r"(?:z|utc|gmt|jst|[a-z]{3,4})?\s*(?:[+-]\d{2}:?\d{2}|[+-]\d{1,2})?\s*(?:\[[\w/+-]+\]|\([^)]*\))?"
_REST = re.compile(
    rf"\s*(?:[(（\[]?[月火水木金土日](?:曜日?)?[)）\]]?(?=$|\s|\d))?(?:\s*\([^)]*\))?"
    rf"(?:(?:\s*[t,]\s*|\s+at\s+|\s*){_CLOCK}\s*(?:am|pm|a\.m\.|p\.m\.)?\s*{_ZONE})?\s*"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})\s*(?:[-/.‐–−]|年)\s*(?P<month>\d{1,2})\s*(?:[-/.‐–−]|月)\s*(?P<day>\d{1,2})\s*日?"
)
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?!\d)")
_ERA = re.compile(
    r"(?P<era>令和|平成|昭和|[rhs])\s*\.?\s*(?P<year>\d{1,2}|元)\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
)
_NAMED = (
    re.compile(rf"{_WEEKDAY}{_MONTH}\s*{_DAY}\s*,?\s+(?P<year>\d{{4}})"),
    re.compile(rf"{_WEEKDAY}{_DAY}(?:\s+of)?[\s\-/.]*{_MONTH}[\s,\-/.]*(?P<year>\d{{4}}|\d{{2}}(?!\d))"),
    re.compile(rf"(?P<year>\d{{4}})[\s\-/.]+{_MONTH}[\s\-/.]+{_DAY}"),
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_CLOCK}\s+(?:[a-z]{{3,4}}\s+)?(?P<year>\d{{4}})"),  # of the shell
)
YEAR_LAST = re.compile(r"(?P<first>\d{1,2})(?P<sign>[/.-])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4})(?=$|[ T,t])")
_NO_DAY = re.compile(r"(?:(?:\d{4}|(?:令和|平成|昭和|[rhs])\s*(?:\d{1,2}|元))\s*[-/.年]\s*\d{1,2}\s*月?|\d{4}\s*年度?)")
_SHORT_YEAR = re.compile(r"'?\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?")


class DayError(ValueError):
    """The text is not one day; the message says what to write instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def read_day(text: str, order: Order = "") -> date:
    """Return the day a text names, in whatever form; a time after it is dropped, whatever its zone. Raises DayError.

    2026-09-18, 2026/9/18 (金), 令和8年9月18日, R8.9.18, 20260918, 18.09.2026, Sep 18, 2026, 18-Sep-26.
    """
    plain = with_digits(unicodedata.normalize("NFKC", text[:LONGEST]).strip().lower())
    if len(text) > LONGEST:
        raise _not_a_day(text, plain)
    for pattern in (_YEAR_FIRST, _COMPACT, _ERA, *_NAMED):
        found = pattern.match(plain)
        if found and _REST.fullmatch(plain, found.end()):
            return _day(text, _year(found), _month(found), int(found["day"]))
    found = YEAR_LAST.match(plain)
    if found and _REST.fullmatch(plain, found.end()):
        return _year_last(text, found, order)
    raise _not_a_day(text, plain)


def _year(found: re.Match[str]) -> int:
    year = 1 if found["year"] == "元" else int(found["year"])
    if era := found.groupdict().get("era"):
        return _ERAS[era] + year
    return year + 2000 if len(found["year"]) == 2 else year


def _month(found: re.Match[str]) -> int:
    parts = found.groupdict()
    return int(parts["month"]) if parts.get("month") else _MONTHS.index(parts["name"]) + 1


def _year_last(text: str, found: re.Match[str], order: Order) -> date:
    first, second, year = int(found["first"]), int(found["second"]), int(found["year"])
    is_day_first = order == "day-first" or found["sign"] == "." or (not order and first > 12)
    if not order and found["sign"] != "." and first <= 12 and second <= 12 and first != second:
        raise DayError(
            say("'{value}' leaves open which is the day and which the month; write for example 2026-09-18.",
                value=_short(text))
        )  # fmt: skip
    return _day(text, year, *((second, first) if is_day_first else (first, second)))


def _day(text: str, year: int, month: int, day: int) -> date:
    if year and not OLDEST <= year <= LATEST:
        raise DayError(
            say(
                "'{value}' has the year {year}; write a date from {oldest} to {latest}.",
                value=_short(text),
                year=year,
                oldest=OLDEST,
                latest=LATEST,
            )
        )
    try:
        return date(year, month, day)
    except ValueError:
        raise _not_a_day(text, "") from None


def _not_a_day(text: str, plain: str) -> DayError:
    if _NO_DAY.fullmatch(plain):
        return DayError(say("'{value}' has no day; write for example 2026年9月18日.", value=_short(text)))
    if _SHORT_YEAR.fullmatch(plain):
        return DayError(
            say("'{value}' has a year of two digits; write for example 2026-09-18 (2026年9月18日).", value=_short(text))
        )
    return DayError(
        say(
            "'{value}' is not a valid date; write for example 2026-09-18, 2026/9/18 or 2026年9月18日.",
            value=_short(text),
        )
    )


def _short(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    return text if len(text) <= 60 else text[:60] + "…"
