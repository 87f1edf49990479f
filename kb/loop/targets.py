"""Parse targets of the playbook: 月180件, 60%以上, 8割, 2億4,000万円."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from kb.loop.period import Period
from kb.money import find_money

DAYS_OF = {
    "日": 1.0, "day": 1.0, "週": 7.0, "week": 7.0, "月": 365.25 / 12, "month": 365.25 / 12, "四半期": 365.25 / 4,
    "quarter": 365.25 / 4, "年": 365.25, "year": 365.25,
}  # fmt: skip
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_TENTHS = re.compile(r"(\d+(?:\.\d+)?)\s*割")
_SPAN = re.compile("四半期|[日週月年]|day|week|month|quarter|year")
_COUNT = re.compile(r"(\d[\d,]*(?:\.\d+)?)")
_MONTH = re.compile(r"(\d{4})\s*[年/-]\s*(\d{1,2})")


def share_target(text: str) -> float | None:
    """Return a share as a number from 0 to 1."""
    plain = _plain(text)
    if found := _PERCENT.search(plain):
        return float(found[1]) / 100
    if found := _TENTHS.search(plain):
        return float(found[1]) / 10
    return None


def count_target(text: str, period: Period) -> float | None:
    """Return the target for the days of a period; without a unit of time it counts as monthly."""
    plain = _plain(text)
    if not (found := _COUNT.search(plain)):
        return None
    span = _SPAN.search(plain)
    count, days = float(found[1].replace(",", "")), DAYS_OF[span[0] if span else "月"]
    is_same = (days == DAYS_OF["月"]) != period.is_week and days in (DAYS_OF["月"], DAYS_OF["週"])
    return count * period.share if is_same else count * period.days / days


def amount_target(text: str) -> int | None:
    """Return an amount in whole units of its currency."""
    found = find_money(text)
    return found[0] or None if found else None


def span_of(text: str) -> tuple[date, date] | None:
    """Return the first and last day of a span such as 2026年4月〜2027年3月."""
    months = [Period.read(f"{year}-{int(month):02d}") for year, month in _MONTH.findall(_plain(text)) if _real(month)]
    return (months[0].start, months[-1].end) if len(months) == 2 and months[0].start < months[1].end else None


def currency_of(text: str) -> str:
    """Return the currency of an amount; JPY by default."""
    found = find_money(text)
    return (found[1] if found else None) or "JPY"


def _real(month: str) -> bool:
    return 1 <= int(month) <= 12


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
