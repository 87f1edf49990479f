"""The table of all published deals, in columns: the basis of rates and of similar deals."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from kb.currencies import ExchangeRates
from kb.entry import OUTCOMES, Entry
from kb.index.analysis import fold
from kb.index.catalog import Catalog
from kb.index.entries import kinds_by_id, numbered_entries
from kb.insight.uncounted import Why, uncounted
from kb.playbook import Playbook, Vocabulary

WON, LOST, NO_DECISION, OPEN = range(len(OUTCOMES))
UNKNOWN = -1  # without an outcome: not counted
DIMENSIONS = ("angle", "reason", "competitor", "industry", "talk-track", "campaign", "lead_source", "product", "stage")
SIZE_STEPS = (100, 300, 1_000)  # lower bounds in employees: small, medium, large, very large companies

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Dimension:
    """Which deals have which values: distinct pairs of deal index and value index."""

    keys: tuple[str, ...]
    deals: Integers
    values: Integers

    @classmethod
    def of(cls, values_of: Iterable[Iterable[str]]) -> Dimension:
        """Build a dimension from the values of each deal."""
        places: dict[str, int] = {}
        pairs = [
            (deal, places.setdefault(value, len(places)))
            for deal, values in enumerate(values_of)
            for value in dict.fromkeys(values)
        ]
        columns = np.array(pairs, np.int64).reshape(-1, 2)
        return cls(tuple(places), columns[:, 0], columns[:, 1])

    def holders(self, value: int) -> Integers:
        """Return the indexes of the deals with a value."""
        return np.asarray(self.deals[self.values == value], np.int64)


@dataclass(frozen=True)
class DealTable:
    """Published, visible deals as columns of equal length, in catalogue order."""

    numbers: Integers  # catalogue numbers, ascending
    deals: tuple[Entry, ...]  # without their bodies
    outcomes: Integers  # index in OUTCOMES, or UNKNOWN
    strata: NDArray[np.int64]  # one row per deal: industry, size class, lead source as numbers, -1 if unknown
    dimensions: dict[str, Dimension] = field(default_factory=dict)
    sizes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))  # in employees; nan if unknown
    rates: ExchangeRates = field(default_factory=ExchangeRates)
    uncounted: Mapping[str, tuple[Why, str]] = field(default_factory=dict)  # by id; without an outcome here

    def __len__(self) -> int:
        return len(self.deals)

    @cached_property
    def places(self) -> dict[str, int]:
        """The index of each deal by its id."""
        return {entry.id: place for place, entry in enumerate(self.deals)}

    @cached_property
    def counted(self) -> tuple[Entry, ...]:
        """The deals that count."""
        return tuple(entry for entry in self.deals if entry.id not in self.uncounted)

    @cached_property
    def ranks(self) -> Integers:
        """The rank of each deal by date, the newest first, from 0."""
        newest = sorted(range(len(self)), key=lambda at: (self.deals[at].sort_date, self.deals[at].id), reverse=True)
        ranks = np.empty(len(self), np.int64)
        ranks[newest] = np.arange(len(self))
        return ranks

    @cached_property
    def _amounts(self) -> dict[str, NDArray[np.float64]]:
        return {}

    def amounts_in(self, currency: str) -> NDArray[np.float64]:
        """Return the amount of each deal in a currency; nan without one, or without a rate of its currency."""
        known = self._amounts.get(currency)
        if known is None:
            known = _numbers(self._amount(entry, currency) for entry in self.deals)
            self._amounts[currency] = known
        return known

    def _amount(self, entry: Entry, currency: str) -> int | None:
        deal = entry.deal
        return None if deal is None or deal.amount is None else self.rates.convert(deal.amount, deal.currency, currency)

    def within(self, numbers: frozenset[int] | None) -> Flags:
        """Return which deals have these catalogue numbers; all for None."""
        if numbers is None:
            return np.ones(len(self), np.bool_)
        return np.isin(self.numbers, np.fromiter(numbers, np.int64, len(numbers)))


def read_deals(catalog: Catalog, playbook: Playbook, visible: frozenset[str], today: date | None = None) -> DealTable:
    """Read all visible deals; one closed after `today` is not counted yet."""
    numbered = numbered_entries(catalog, "deal", visible)
    return deal_table(numbered, playbook, kinds_by_id(catalog, visible), today)


def deal_table(
    numbered: Sequence[tuple[int, Entry]], playbook: Playbook, kinds: Mapping[str, str], today: date | None = None
) -> DealTable:
    """Build the table from (catalogue number, deal), ascending; `kinds` are the kinds of entries by id."""
    deals = tuple(entry for _, entry in numbered)
    left_out = uncounted(deals, today)
    ends = [UNKNOWN if d.id in left_out or not d.outcome else OUTCOMES.index(d.outcome) for d in deals]
    read = _readers(playbook, kinds)
    dimensions = {name: Dimension.of(map(read[name], deals)) for name in DIMENSIONS}
    return DealTable(
        numbers=np.array([number for number, _ in numbered], np.int64),
        deals=deals,
        outcomes=np.array(ends, np.int64),
        strata=_strata(deals, dimensions),
        dimensions=dimensions,
        sizes=_numbers(entry.deal.size if entry.deal else None for entry in deals),
        rates=playbook.rates,
        uncounted=left_out,
    )


def size_class(employees: int | None) -> int:
    """Return the size class of a company, from 0; -1 if unknown."""
    return -1 if employees is None else bisect_right(SIZE_STEPS, employees)


def lead_source_key(text: str, words: Vocabulary) -> str:
    """Return the playbook key of a lead source, else the text, folded."""
    term = words.find(text) if text else None
    return term.key if term else fold(text).strip()


def lead_sources(entry: Entry, playbook: Playbook) -> list[str]:
    """Return the lead source of a deal as a list, empty if unknown."""
    source = lead_source_key(entry.deal.lead_source, playbook.vocabulary("lead_source")) if entry.deal else ""
    return [source] if source else []


def reason_codes(entry: Entry) -> list[str]:
    """Return the codes of a deal's reasons."""
    return [reason.code for reason in entry.deal.reasons] if entry.deal else []


def _readers(playbook: Playbook, kinds: Mapping[str, str]) -> dict[str, Callable[[Entry], Sequence[str]]]:
    """Return a function per dimension that returns a deal's values."""
    return {
        **{name: attrgetter(name) for name in ("angle", "competitor", "industry", "product")},
        "reason": reason_codes,
        "talk-track": lambda entry: _of_kind(entry, kinds, "talk-track"),
        "campaign": lambda entry: [entry.deal.campaign] if entry.deal and entry.deal.campaign else (),
        "lead_source": lambda entry: lead_sources(entry, playbook),
        "stage": lambda entry: [stage] if entry.deal and (stage := fold(entry.deal.stage).strip()) else (),
    }


def _of_kind(entry: Entry, kinds: Mapping[str, str], kind: str) -> list[str]:
    return [used for used in entry.deal.used if kinds.get(used) == kind] if entry.deal else []


def _numbers(values: Iterable[int | None]) -> NDArray[np.float64]:
    return np.array([np.nan if number is None else number for number in values], np.float64)


def _strata(deals: Sequence[Entry], dimensions: dict[str, Dimension]) -> NDArray[np.int64]:
    """Return the first industry, the size class and the lead source of each deal as numbers."""
    strata = np.full((len(deals), 3), -1, np.int64)
    for column, name in ((0, "industry"), (2, "lead_source")):
        dimension = dimensions[name]
        # In reverse, so that a deal with several industries counts under the first.
        strata[dimension.deals[::-1], column] = dimension.values[::-1]
    strata[:, 1] = [size_class(entry.deal.size if entry.deal else None) for entry in deals]
    return strata
