"""Dates in exports; whether day or month comes first is decided per column, over the whole table."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ingest.fields import to_date
from kb.days import YEAR_LAST
from kb.wording import say

Order = Literal["month-first", "day-first"]
ORDERS: tuple[Order, ...] = ("month-first", "day-first")


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read dates with the year last in one column."""

    order: Order = "month-first"
    is_guess: bool = False  # no date in the table is unambiguous
    is_mixed: bool = False  # some dates prove one order, some the other


def day_of(text: str, order: Order = "month-first") -> date:
    """Read a day as `kb.days.read_day` does; `order` is that of 3/1/2017. Raises FieldError."""
    return to_date(text, order)


class DayOrders:
    """Detects the date order of each column."""

    def __init__(self) -> None:
        self._votes: dict[str, Counter[str]] = {}

    def see(self, column: str, text: str) -> None:
        """Count one cell."""
        found = YEAR_LAST.match(unicodedata.normalize("NFKC", text).strip())
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
        """Return the order by column; ambiguous columns follow the others, else the month comes first."""
        decided = {column: _majority(votes) for column, votes in self._votes.items()}
        known = set(filter(None, decided.values()))
        others: Order = "day-first" if known == {"day-first"} else "month-first"
        readings = {}
        for column, votes in self._votes.items():
            order: Order = decided[column] or others
            if given in ORDERS:
                order = "day-first" if given == "day-first" else "month-first"
            is_guess = not given and not known and bool(votes["either"])
            readings[column] = Reading(order, is_guess, all(votes[name] for name in ORDERS))
        return readings


def order_notes(readings: Mapping[str, Reading]) -> Iterable[str]:
    """Yield notes on columns a person should check."""
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


def _majority(votes: Counter[str]) -> Order | None:
    if votes["day-first"] == votes["month-first"]:
        return None
    return "day-first" if votes["day-first"] > votes["month-first"] else "month-first"
