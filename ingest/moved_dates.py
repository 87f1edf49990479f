"""Move every date of a text by the same number of days, each in the way it is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

_MIDDLE = 15  # the day a month without one is moved by
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_WEEKDAYS = "月火水木金土日"
_ENGLISH = "|".join(_MONTHS)
_DATE = re.compile(
    r"(?<!\d)(?P<year>20\d\d)(?P<sign>[-/])(?P<month>\d{1,2})(?:(?P=sign)(?P<day>\d{1,2}))?(?!\d|-[a-z])"
    r"|(?<!\d)(?:(?P<jyear>20\d\d)年)?(?P<jmonth>\d{1,2})月(?P<jday>\d{1,2})日(?:\((?P<weekday>[月火水木金土日])\))?"
    r"|(?<!\d)(?P<jyear2>20\d\d)年(?P<jmonth2>\d{1,2})月"
    rf"|(?<!\d)(?P<eday>\d{{1,2}}) (?P<emonth>{_ENGLISH})(?: (?P<eyear>20\d\d))?\b"
    rf"|\b(?P<emonth2>{_ENGLISH}) (?P<eyear2>20\d\d)\b"
)


def moved_dates(text: str, days: int, near: date) -> str:
    """Return a text with its dates moved; a day without a year is in the year that brings it nearest to `near`.

    Months named alone stay as they are: most of them are about a season, such as the end of a fiscal year. So do names
    that begin with a month (2026-03-acme).
    """
    shift = timedelta(days)
    return _DATE.sub(lambda found: _moved(found, shift, near), text)


def _moved(found: re.Match[str], shift: timedelta, near: date) -> str:
    for move in (_iso, _japanese, _japanese_month, _english, _english_month):
        try:
            if text := move(found, lambda year, month, day: _day(year, month, day, near) + shift):
                return text
        except ValueError:  # not a day of the calendar, so not a date
            break
    return found[0]


_Move = Callable[[str | None, int, int], date]


def _iso(found: re.Match[str], move: _Move) -> str:
    if not found["year"]:
        return ""
    sign, is_padded = found["sign"], found["sign"] == "-" or found["month"].startswith("0")
    new = move(found["year"], int(found["month"]), int(found["day"] or _MIDDLE))
    parts = [new.month, new.day] if found["day"] else [new.month]
    return sign.join([str(new.year), *(f"{part:02}" if is_padded else str(part) for part in parts)])


def _japanese(found: re.Match[str], move: _Move) -> str:
    if not found["jday"]:
        return ""
    new = move(found["jyear"], int(found["jmonth"]), int(found["jday"]))
    year = f"{new.year}年" if found["jyear"] else ""
    return f"{year}{new.month}月{new.day}日" + (f"({_WEEKDAYS[new.weekday()]})" if found["weekday"] else "")


def _japanese_month(found: re.Match[str], move: _Move) -> str:
    if not found["jmonth2"]:
        return ""
    new = move(found["jyear2"], int(found["jmonth2"]), _MIDDLE)
    return f"{new.year}年{new.month}月"


def _english(found: re.Match[str], move: _Move) -> str:
    if not found["eday"]:
        return ""
    new = move(found["eyear"], _MONTHS.index(found["emonth"]) + 1, int(found["eday"]))
    return f"{new.day} {_MONTHS[new.month - 1]}" + (f" {new.year}" if found["eyear"] else "")


def _english_month(found: re.Match[str], move: _Move) -> str:
    if not found["emonth2"]:
        return ""
    new = move(found["eyear2"], _MONTHS.index(found["emonth2"]) + 1, _MIDDLE)
    return f"{_MONTHS[new.month - 1]} {new.year}"


def _day(year: str | None, month: int, day: int, near: date) -> date:
    """Return the day meant. Raises ValueError if there is none."""
    if year:
        return date(int(year), month, day)
    return min((date(near.year + more, month, day) for more in (-1, 0, 1)), key=lambda found: abs(found - near))
