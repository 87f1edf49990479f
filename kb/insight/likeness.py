"""How alike two deals are before their end, part by part: what is told, industry, size, competitor, product and so on.

How a deal ended is not compared; it only says whether its last stage means anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kb.index.analysis import fold
from kb.index.embedding import Vectors
from kb.insight.asked import Asked
from kb.insight.deals import WON, DealTable, Dimension

# How much each part counts; only those asked for do.
WEIGHTS: Mapping[str, float] = {
    "text": 0.5,
    "industry": 0.15,
    "product": 0.1,
    "competitor": 0.1,
    "size": 0.1,
    "amount": 0.05,
    "lead_source": 0.05,
    "stage": 0.05,
}
UNKNOWN_PART = 0.3  # of a deal that does not say: less than alike, more than unlike
FACTOR_OF_E = np.log(3.0)  # companies three times as large are alike to 1/e
SAMPLE = 400  # deals whose cosines tell what is near and what is usual
USUAL, NEAR = 0.5, 0.995  # quantiles of the cosines of all pairs: 0 and 1 of the text part

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Situations:
    """What is told of each deal, as vectors in the order of a deal table; rows of zeros where nothing is."""

    vectors: Vectors

    @classmethod
    def of(cls, table: DealTable, stored: tuple[NDArray[np.int64], Vectors]) -> Situations:
        """Align stored vectors (entry numbers and rows) with the table."""
        numbers, matrix = stored
        vectors = np.zeros((len(table), matrix.shape[1] if matrix.size else 0), np.float32)
        places = np.searchsorted(table.numbers, numbers)
        known = (places < len(table)) & (table.numbers[np.minimum(places, len(table) - 1)] == numbers)
        if matrix.size and len(table):
            vectors[places[known]] = matrix[known]
        return cls(vectors)

    @cached_property
    def told(self) -> NDArray[np.bool_]:
        """Which deals tell anything."""
        return np.asarray(np.abs(self.vectors).sum(axis=1) > 0)

    @cached_property
    def scale(self) -> tuple[float, float]:
        """The cosines that count as 0 and as 1: every model's lie in a narrow band of their own."""
        some = self.vectors[self.told][:: max(1, int(self.told.sum()) // SAMPLE)][:SAMPLE]
        if len(some) < 3:
            return 0.0, 1.0
        pairs = (some @ some.T)[np.triu_indices(len(some), 1)]
        usual, near = np.quantile(pairs, [USUAL, NEAR])
        return float(usual), float(max(near, usual + 1e-3))

    def likeness(self, vector: Vectors) -> Floats:
        """Return 0 to 1 a deal; nan where nothing is told."""
        return np.where(self.told, self._scaled(self.vectors @ vector), np.nan).astype(np.float64)

    def vector(self, place: int) -> Vectors | None:
        """Return the vector of a deal; None where nothing is told of it."""
        return self.vectors[place] if self.vectors.size and self.told[place] else None

    def between(self, first: int, second: int) -> float:
        """Return how alike two deals of the table are in what they tell, 0 to 1."""
        return float(self._scaled(self.vectors[first] @ self.vectors[second])) if self.vectors.size else 0.0

    def _scaled(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        usual, near = self.scale
        return np.asarray(np.clip((cosines - usual) / (near - usual), 0.0, 1.0), np.float32)


def parts_of(asked: Asked, table: DealTable, situations: Situations, vector: Vectors | None) -> dict[str, Floats]:
    """Return the likeness of every deal in each part asked for: 0 to 1, nan where a deal does not say."""
    parts: dict[str, Floats] = {}
    if vector is not None and situations.vectors.size:
        parts["text"] = situations.likeness(vector)
    shared = (("industry", asked.industries), ("product", asked.products), ("competitor", asked.competitors))
    sourced = (*shared, ("lead_source", (asked.lead_source,) if asked.lead_source else ()))
    parts |= {name: _sharing(table, table.dimensions[name], values) for name, values in sourced if values}
    for name, number in (("size", asked.size), ("amount", asked.amount)):
        if number is not None:
            parts[name] = _near_number(table.numbers_of[name], number)
    if asked.stage:
        parts["stage"] = _at_stage(table, asked.stage)
    return parts


def together(parts: Mapping[str, Floats], size: int, without: Sequence[str] = ()) -> Floats:
    """Return the weighted mean of the parts a deal, 0 to 1; zeros when there are none."""
    chosen = [(WEIGHTS[name], values) for name, values in parts.items() if name not in without]
    total = sum(weight for weight, _ in chosen)
    if not total:
        return np.zeros(size)
    known = ((weight, np.where(np.isnan(values), UNKNOWN_PART, values)) for weight, values in chosen)
    summed = sum((weight * values for weight, values in known), np.zeros(size))
    return np.asarray(summed / total, np.float64)


def _sharing(table: DealTable, dimension: Dimension, values: Sequence[str]) -> Floats:
    """Return 1 where a deal shares a value, 0 where it has others, nan where it has none."""
    likeness = np.full(len(table), np.nan)
    likeness[dimension.deals] = 0.0
    wanted = [place for place, key in enumerate(dimension.keys) if key in values]
    likeness[dimension.deals[np.isin(dimension.values, wanted)]] = 1.0
    return likeness


def _near_number(column: Floats, number: int) -> Floats:
    """Return 1 for the same number, 1/e for three times or a third of it; nan where it is unknown."""
    ratio = np.log(np.maximum(column, 1.0)) - np.log(max(number, 1))
    return np.asarray(np.exp(-np.abs(ratio) / FACTOR_OF_E), np.float64)


def _at_stage(table: DealTable, stage: str) -> Floats:
    """Return 1 where a deal ended or stands at a stage; nan for won deals, which passed them all."""
    wanted = fold(stage).strip()
    return np.where(table.outcomes == WON, np.nan, _sharing(table, table.dimensions["stage"], (wanted,)))
