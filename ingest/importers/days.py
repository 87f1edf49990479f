"""Days as exports write them; whether the day or the month comes first is decided over a whole table."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ingest.fields import to_date
from kb.wording import say

Order = Literal["month-first", "day-first"]
ORDERS: tuple[Order, ...] = ("month-first", "day-first")
_YEAR_LAST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?=$|[ T,])")


@dataclass(frozen=True, slots=True)
class Reading:
    """How days with the year at the end are read in one column."""

    order: Order = "month-first"
    is_guess: bool = False  # no day in the column tells
    is_mixed: bool = False  # some days tell the one order, some the other


def day_of(text: str, order: Order = "month-first") -> date:
    """Read a day: ISO with or without time, 2017/3/1, 2017年3月1日, 3/1/2017. Raises FieldError."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _YEAR_LAST.match(plain)
    if not found:
        return to_date(plain)
    first, second = found[1], found[3]
    month, day = (second, first) if order == "day-first" or found[2] == "." else (first, second)
    return to_date(f"{found[4]}-{month}-{day}")


class DayOrders:
    """Watches the columns with days and then says how to read each."""

    def __init__(self) -> None:
        self._votes: dict[str, Counter[str]] = {}

    def see(self, column: str, text: str) -> None:
        """Take one cell into account."""
        found = _YEAR_LAST.match(unicodedata.normalize("NFKC", text).strip())
        if not found or found[2] == ".":
            return
        votes = self._votes.setdefault(column, Counter())
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second:
            votes["day-first"] += 1
        elif second > 12 >= first:
            votes["month-first"] += 1
        elif first != second:
            votes["either"] += 1

    def readings(self, given: str = "") -> Mapping[str, Reading]:
        """Return the order by column; columns that do not tell follow those that do, else the month comes first."""
        told = {column: _told(votes) for column, votes in self._votes.items()}
        known = set(filter(None, told.values()))
        others: Order = "day-first" if known == {"day-first"} else "month-first"
        readings = {}
        for column, votes in self._votes.items():
            order: Order = told[column] or others
            if given in ORDERS:
                order = "day-first" if given == "day-first" else "month-first"
            is_guess = not given and not known and bool(votes["either"])
            readings[column] = Reading(order, is_guess, all(votes[name] for name in ORDERS))
        return readings


def order_notes(readings: Mapping[str, Reading]) -> Iterable[str]:
    """Say what a person should check."""
    for column, reading in readings.items():
        if reading.is_guess:
            yield say(
                "{column}: the order of day and month is unclear; read as month/day/year."
                " If that is wrong, add 'dates: day-first' to a mapping.",
                column=column,
            )
        if reading.is_mixed:
            yield say(
                "{column}: some dates are day/month/year, others month/day/year. Check the export.", column=column
            )


def _told(votes: Counter[str]) -> Order | None:
    if votes["day-first"] == votes["month-first"]:
        return None
    return "day-first" if votes["day-first"] > votes["month-first"] else "month-first"
