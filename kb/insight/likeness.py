"""Similarity of deals before their outcome, by part: situation, industry, size, competitor, product and so on.

Outcomes are not compared; they only tell whether the last stage is meaningful.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kb.currencies import HOME
from kb.index.analysis import fold
from kb.insight.asked import FACTS, Asked
from kb.insight.deals import WON, DealTable, Dimension
from kb.insight.situations import Situation, Situations

# Weights of the parts; only those asked for count.
WEIGHTS: Mapping[str, float] = {
    "text": 0.2,
    "words": 0.14,
    "competitor": 0.18,
    "industry": 0.16,
    "size": 0.13,
    "product": 0.09,
    "lead_source": 0.06,
    "amount": 0.02,
    "stage": 0.02,
}
UNKNOWN_PART = 0.3  # where a deal has no value: between unlike and alike
FACTOR_OF_E = np.log(3.0)  # three times as large: similarity 1/e

Floats = NDArray[np.float64]


def parts_of(asked: Asked, table: DealTable, situations: Situations, situation: Situation | None) -> dict[str, Floats]:
    """Return the similarity of every deal in each part asked for: 0 to 1, nan where a deal has no value."""
    parts: dict[str, Floats] = {}
    if situation is not None and len(situations.owners):
        parts["text"] = situations.likeness(situation)
        parts["words"] = situations.shared_words(situation)
    shared = ((name, getattr(asked, name)) for name in FACTS)
    sourced = (*shared, ("lead_source", (asked.lead_source,) if asked.lead_source else ()))
    parts |= {name: _sharing(table, table.dimensions[name], values) for name, values in sourced if values}
    if asked.size is not None:
        parts["size"] = _near_number(table.sizes, asked.size)
    if asked.amount is not None:
        parts["amount"] = _near_number(table.amounts_in(asked.currency or HOME), asked.amount)
    if asked.stage:
        parts["stage"] = _at_stage(table, asked.stage)
    return parts


def together(parts: Mapping[str, Floats], size: int, without: Sequence[str] = ()) -> Floats:
    """Return the weighted mean of the parts per deal, 0 to 1; zeros without parts."""
    chosen = [(WEIGHTS[name], values) for name, values in parts.items() if name not in without]
    total = sum(weight for weight, _ in chosen)
    if not total:
        return np.zeros(size)
    known = ((weight, np.where(np.isnan(values), UNKNOWN_PART, values)) for weight, values in chosen)
    summed = sum((weight * values for weight, values in known), np.zeros(size))
    return np.asarray(summed / total, np.float64)


def _sharing(table: DealTable, dimension: Dimension, values: Sequence[str]) -> Floats:
    """Return 1 where a deal shares a value, 0 where it has only others, nan where it has none."""
    likeness = np.full(len(table), np.nan)
    likeness[dimension.deals] = 0.0
    wanted = [place for place, key in enumerate(dimension.keys) if key in values]
    likeness[dimension.deals[np.isin(dimension.values, wanted)]] = 1.0
    return likeness


def _near_number(column: Floats, number: int) -> Floats:
    """Return 1 for the same number, 1/e for three times or a third of it; nan if unknown."""
    ratio = np.log(np.maximum(column, 1.0)) - np.log(max(number, 1))
    return np.asarray(np.exp(-np.abs(ratio) / FACTOR_OF_E), np.float64)


def _at_stage(table: DealTable, stage: str) -> Floats:
    """Return 1 where a deal ended or stands at a stage; nan for won deals, which passed all stages."""
    wanted = fold(stage).strip()
    return np.where(table.outcomes == WON, np.nan, _sharing(table, table.dimensions["stage"], (wanted,)))
