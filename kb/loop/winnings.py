"""The amount won: in the currency of the goal, with what could not be added to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kb.currencies import ExchangeRates
from kb.entry import Entry


@dataclass(frozen=True, slots=True)
class Won:
    """The amounts of won deals."""

    amount: int  # in one currency, others converted where a rate is known
    counted: int  # deals behind it
    converted: int  # of these, deals in another currency
    deals: int  # all won deals
    apart: tuple[tuple[str, int], ...]  # sums in currencies without a rate
    without_amount: int


def won_amount(deals: Iterable[Entry], currency: str, rates: ExchangeRates) -> Won:
    """Sum the amounts of the won deals; currencies without a rate are summed apart."""
    won = [entry.deal for entry in deals if entry.deal and entry.outcome == "won"]
    worth = [(deal.amount, deal.currency) for deal in won if deal.amount is not None]
    known = [rates.convert(amount, of, currency) for amount, of in worth]
    apart: Counter[str] = Counter()
    for (amount, of), converted in zip(worth, known, strict=True):
        if converted is None:
            apart[of] += amount
    counted = [amount for amount in known if amount is not None]
    converted = sum(of != currency for (_, of), amount in zip(worth, known, strict=True) if amount is not None)
    return Won(sum(counted), len(counted), converted, len(won), tuple(sorted(apart.items())), len(won) - len(worth))
