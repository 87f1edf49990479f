"""Read a period as people write it: 2026-11-05/2026-11-20, 2026年11月5日〜20日, 2026/11/5から11/20, 2026年4月〜6月."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date

_DAY = r"(?:(\d{4})[-/.年])?(?:(\d{1,2})[-/.月])?(\d{1,2})日?"
_MONTH = r"(?:(\d{4})[-/.年])?(\d{1,2})月?()"
_BETWEEN = r"\s*(?:/|~|〜|–|—|から|to|\.\.|(?<=\s)-(?=\s))\s*"
_NOTE = r"\s*(?:\([^)]*\))?"  # a weekday
_SPAN = re.compile(rf"{_DAY}{_NOTE}(?:{_BETWEEN}{_DAY}{_NOTE}(?:まで)?)?")
_MONTHS = re.compile(rf"(\d{{4}})(?:-|/|年)(\d{{1,2}})月?(?:{_BETWEEN}(?:(\d{{4}})(?:-|/|年))?(\d{{1,2}})月)?(?:まで)?")


def read_span(text: str) -> tuple[date, date] | None:
    """Return the first and the last day of a period; None if it is not understood. Not every period is in order."""
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        return _months(plain) or _days(plain)
    except ValueError:
        return None


def _months(text: str) -> tuple[date, date] | None:
    """Return the first and the last day of whole months."""
    found = _MONTHS.fullmatch(text)
    if not found:
        return None
    year, month = int(found[1]), int(found[2])
    last_year, last = (int(found[3] or year), int(found[4])) if found[4] else (year, month)
    return date(year, month, 1), date(last_year, last, monthrange(last_year, last)[1] if 1 <= last <= 12 else 0)


def _days(text: str) -> tuple[date, date] | None:
    """Return the days; the second one takes year and month from the first."""
    found = _SPAN.fullmatch(text)
    if not found or not (found[1] and found[2]):
        return None
    first = date(int(found[1]), int(found[2]), int(found[3]))
    if not found[6]:
        return first, first
    return first, date(int(found[4] or first.year), int(found[5] or first.month), int(found[6]))
