"""Every deal that counts, as columns: what rates are counted over and similar deals are looked for in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from kb.entry import OUTCOMES, Entry
from kb.index.analysis import fold
from kb.index.catalog import Catalog
from kb.index.entries import kinds_by_id, numbered_entries
from kb.playbook import Playbook, Vocabulary

WON, LOST, NO_DECISION, OPEN = range(len(OUTCOMES))
UNKNOWN = -1  # of a deal without an outcome: it counts nowhere
DIMENSIONS = ("angle", "reason", "competitor", "industry", "talk-track", "campaign", "lead_source", "product", "stage")
SIZE_STEPS = (100, 300, 1_000)  # employees: where a class begins; small, middle, large, very large companies

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Dimension:
    """Which deals have which values: pairs of a deal's place and a value's place, each pair once."""

    keys: tuple[str, ...]
    deals: Integers
    values: Integers

    @classmethod
    def of(cls, values_of: Iterable[Iterable[str]]) -> Dimension:
        """Make a dimension from the values of each deal."""
        places: dict[str, int] = {}
        pairs = [
            (deal, places.setdefault(value, len(places)))
            for deal, values in enumerate(values_of)
            for value in dict.fromkeys(values)
        ]
        columns = np.array(pairs, np.int64).reshape(-1, 2)
        return cls(tuple(places), columns[:, 0], columns[:, 1])

    def holders(self, value: int) -> Integers:
        """Return the places of the deals with a value."""
        return np.asarray(self.deals[self.values == value], np.int64)


@dataclass(frozen=True)
class DealTable:
    """Published, visible deals, as columns of the same length; the order is that of the catalogue."""

    numbers: Integers  # catalogue numbers, rising
    deals: tuple[Entry, ...]  # without their bodies
    outcomes: Integers  # a place in OUTCOMES, or UNKNOWN
    strata: NDArray[np.int64]  # a row a deal: industry, size class, lead source as numbers, -1 where unknown
    dimensions: dict[str, Dimension] = field(default_factory=dict)
    numbers_of: dict[str, NDArray[np.float64]] = field(default_factory=dict)  # size, amount; nan where unknown

    def __len__(self) -> int:
        return len(self.deals)

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each deal by its id."""
        return {entry.id: place for place, entry in enumerate(self.deals)}

    @cached_property
    def ranks(self) -> Integers:
        """The rank of each deal from the newest, which has 0."""
        told = sorted(range(len(self)), key=lambda at: (self.deals[at].sort_date, self.deals[at].id), reverse=True)
        ranks = np.empty(len(self), np.int64)
        ranks[told] = np.arange(len(self))
        return ranks

    def within(self, numbers: frozenset[int] | None) -> Flags:
        """Return which deals are among these catalogue numbers; all for None."""
        if numbers is None:
            return np.ones(len(self), np.bool_)
        return np.isin(self.numbers, np.fromiter(numbers, np.int64, len(numbers)))


def read_deals(catalog: Catalog, playbook: Playbook, visible: frozenset[str]) -> DealTable:
    """Read all deals that may be shown."""
    numbered = numbered_entries(catalog, "deal", visible)
    return deal_table(numbered, playbook, kinds_by_id(catalog, visible))


def deal_table(numbered: Sequence[tuple[int, Entry]], playbook: Playbook, kinds: Mapping[str, str]) -> DealTable:
    """Make the table of (catalogue number, deal) with numbers rising; `kinds` are the kinds of entries by id."""
    deals = tuple(entry for _, entry in numbered)
    read = _readers(playbook, kinds)
    dimensions = {name: Dimension.of(map(read[name], deals)) for name in DIMENSIONS}
    return DealTable(
        numbers=np.array([number for number, _ in numbered], np.int64),
        deals=deals,
        outcomes=np.array([OUTCOMES.index(d.outcome) if d.outcome else UNKNOWN for d in deals], np.int64),
        strata=_strata(deals, dimensions),
        dimensions=dimensions,
        numbers_of={name: _numbers(deals, name) for name in ("size", "amount")},
    )


def size_class(employees: int | None) -> int:
    """Return the class of a company's size, from 0; -1 when it is unknown."""
    return -1 if employees is None else bisect_right(SIZE_STEPS, employees)


def lead_source_key(text: str, words: Vocabulary) -> str:
    """Return a lead source under the name the playbook knows it by, else as written."""
    term = words.find(text) if text else None
    return term.key if term else fold(text).strip()


def _readers(playbook: Playbook, kinds: Mapping[str, str]) -> dict[str, Callable[[Entry], Sequence[str]]]:
    """Return how to read each dimension off a deal."""
    return {
        **{name: attrgetter(name) for name in ("angle", "competitor", "industry", "product")},
        "reason": lambda entry: [reason.code for reason in entry.deal.reasons] if entry.deal else (),
        "talk-track": lambda entry: _of_kind(entry, kinds, "talk-track"),
        "campaign": lambda entry: [entry.deal.campaign] if entry.deal and entry.deal.campaign else (),
        "lead_source": lambda entry: _lead_source(entry, playbook),
        "stage": lambda entry: [stage] if entry.deal and (stage := fold(entry.deal.stage).strip()) else (),
    }


def _of_kind(entry: Entry, kinds: Mapping[str, str], kind: str) -> list[str]:
    return [used for used in entry.deal.used if kinds.get(used) == kind] if entry.deal else []


def _lead_source(entry: Entry, playbook: Playbook) -> list[str]:
    source = lead_source_key(entry.deal.lead_source, playbook.vocabulary("lead_source")) if entry.deal else ""
    return [source] if source else []


def _numbers(deals: Sequence[Entry], name: str) -> NDArray[np.float64]:
    # Amounts of another currency are unknown here: a rate of exchange is nobody's knowledge.
    known = (
        entry.deal if name != "amount" or (entry.deal and entry.deal.currency == "JPY") else None for entry in deals
    )
    found = (getattr(deal, name) if deal else None for deal in known)
    return np.array([np.nan if number is None else number for number in found], np.float64)


def _strata(deals: Sequence[Entry], dimensions: dict[str, Dimension]) -> NDArray[np.int64]:
    """Return the first industry, the size class and the lead source of each deal as numbers."""
    strata = np.full((len(deals), 3), -1, np.int64)
    for column, name in ((0, "industry"), (2, "lead_source")):
        dimension = dimensions[name]
        # From the last pair to the first: a deal of several industries counts under the one named first.
        strata[dimension.deals[::-1], column] = dimension.values[::-1]
    strata[:, 1] = [size_class(entry.deal.size if entry.deal else None) for entry in deals]
    return strata
