"""Amounts in several currencies: converted where a rate is known, else kept apart.

Standard library only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

HOME = "JPY"  # the currency of amounts that name none


@dataclass(frozen=True, slots=True)
class ExchangeRates:
    """What one unit of a foreign currency is worth in the home currency, with the day of each rate."""

    home: str = HOME
    of: Mapping[str, tuple[Decimal, date]] = field(default_factory=dict)

    @property
    def days(self) -> str:
        """The first and last day of the rates, as ISO text; empty without rates."""
        days = sorted({day.isoformat() for _, day in self.of.values()})
        return "/".join(dict.fromkeys((days[0], days[-1]))) if days else ""

    def convert(self, amount: int, currency: str, into: str) -> int | None:
        """Return an amount in another currency; None without a rate."""
        if currency == into:
            return amount
        here, there = self._worth(currency), self._worth(into)
        if here is None or not there:
            return None
        return int((amount * here / there).quantize(Decimal(1), rounding=ROUND_HALF_UP))

    def _worth(self, currency: str) -> Decimal | None:
        return Decimal(1) if currency == self.home else self.of[currency][0] if currency in self.of else None


@dataclass(frozen=True, slots=True)
class Worth:
    """Amounts by name, each with its currency: the home currency wherever a rate is known."""

    home: str = HOME
    of: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    def total(self, names: Iterable[str]) -> tuple[int, tuple[tuple[str, int], ...]]:
        """Return the sum in the home currency, and the sums in currencies without a rate."""
        sums: Counter[str] = Counter()
        for amount, currency in (self.of[name] for name in names):
            sums[currency] += amount
        return sums.pop(self.home, 0), tuple(sorted((currency, total) for currency, total in sums.items() if total))
