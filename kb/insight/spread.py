"""How much more counts and shares vary from one period to the next than chance alone explains.

Leads come in bunches and so do deals. Taken as independent, ordinary months would look like changes. The base's own
past gives the factor by which its variance exceeds that of a Poisson or binomial count (quasi-likelihood: McCullagh
and Nelder 1989, 4.5 and 6.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_PERIODS = 6  # behind a factor: with fewer, five degrees of freedom or less, it says hardly anything


@dataclass(frozen=True, slots=True)
class Spread:
    """The variance of a number as a multiple of what chance alone gives, and the periods that is known from."""

    factor: float = 1.0  # at least 1
    periods: int = 0

    @property
    def is_known(self) -> bool:
        """Whether there are enough periods for a verdict."""
        return self.periods >= LEAST_PERIODS


def spread_of_counts(counts: Sequence[int], days: Sequence[int]) -> Spread:
    """Return the spread of counts over periods of these lengths."""
    if len(counts) < LEAST_PERIODS or not sum(counts):
        return Spread(periods=len(counts))
    found, lengths = np.asarray(counts, np.float64), np.asarray(days, np.float64)
    expected = lengths * found.sum() / lengths.sum()
    return _spread(float(((found - expected) ** 2 / expected).sum()), 1, len(counts))


def spread_of_shares(done: Sequence[Sequence[int]], of: Sequence[int]) -> Spread:
    """Return the common spread of shares, one row per share and one column per period; all have the same whole."""
    whole = np.asarray(of, np.float64)
    columns = whole > 0
    periods = int(columns.sum())
    if periods < LEAST_PERIODS:
        return Spread(periods=periods)
    parts, whole = np.asarray(done, np.float64).reshape(-1, len(of))[:, columns], whole[columns]
    share = parts.sum(axis=1, keepdims=True) / whole.sum()
    varying = ((share > 0) & (share < 1)).ravel()
    parts, share = parts[varying], share[varying]
    return _spread(float(((parts - whole * share) ** 2 / (whole * share * (1 - share))).sum()), len(parts), periods)


def _spread(squares: float, rows: int, periods: int) -> Spread:
    return Spread(max(1.0, squares / (rows * (periods - 1))) if rows else 1.0, periods)
