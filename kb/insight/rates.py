"""Win rates with 90 % credible intervals (beta-binomial).

The functions take numbers or arrays of the same length and work element-wise.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import scipy  # loads its parts on first use: a search needs none
from numpy.typing import ArrayLike, NDArray

CREDIBILITY = 0.90
NORMAL = NormalDist().inv_cdf((1 + CREDIBILITY) / 2)  # half width of an interval in standard errors
JEFFREYS = 0.5  # both parameters of the uninformative prior (Jeffreys 1946; Brown, Cai, DasGupta 2001)
STRENGTH = 8.0  # weight of the base rate as the prior of a row, in deals
LEAST_DECIDED = 5  # deals of a row, for a verdict
SURE = 0.95  # one-sided probability at which a 90 % interval excludes the base
_GRID = 2_001  # points of the probability scale: exact to three decimals

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """Shares with credible intervals; arrays of the same length."""

    mean: Numbers
    low: Numbers
    high: Numbers


def plain_rate(won: ArrayLike, lost: ArrayLike) -> Rate:
    """Return the share of wins without shrinkage: Beta(won + 1/2, lost + 1/2)."""
    return _rate(_array(won) + JEFFREYS, _array(lost) + JEFFREYS)


def shrunk_rate(won: ArrayLike, lost: ArrayLike, base: ArrayLike, strength: float = STRENGTH) -> Rate:
    """Return the share of wins shrunk towards a base rate m: Beta(won + m k, lost + (1 - m) k) with k = `strength`.

    For ranking: three wins of three do not rank above thirty of forty.
    """
    return _rate(*_shrunk(won, lost, base, strength))


def probability_above(won: ArrayLike, lost: ArrayLike, base: ArrayLike, strength: float = STRENGTH) -> Numbers:
    """Return the probability that the shrunk rate is above the base rate."""
    a, b = _shrunk(won, lost, base, strength)
    return np.asarray(1.0 - scipy.special.betainc(a, b, _array(base)), np.float64)


def probability_beats(won: float, lost: float, other_won: float, other_lost: float) -> float:
    """Return the probability that one plain rate is higher than another: E[F_other(X)] over X of the first."""
    middles = (np.arange(_GRID) + 0.5) / _GRID
    first = scipy.special.betaincinv(won + JEFFREYS, lost + JEFFREYS, middles)
    return float(np.mean(scipy.special.betainc(other_won + JEFFREYS, other_lost + JEFFREYS, first)))


def count_interval(count: int) -> tuple[float, float]:
    """Return the 90 % interval of the expected count: Gamma(count + 1/2)."""
    tail = (1 - CREDIBILITY) / 2
    low, high = scipy.special.gammaincinv(count + JEFFREYS, [tail, 1 - tail])
    return float(low), float(high)


def probability_more(count: int, days: int, other: int, other_days: int) -> float:
    """Return the probability that one daily rate is higher than another: the share of two Gammas is a Beta."""
    return float(1 - scipy.special.betainc(count + JEFFREYS, other + JEFFREYS, days / (days + other_days)))


def _array(values: ArrayLike) -> Numbers:
    return np.asarray(values, np.float64)


def _shrunk(won: ArrayLike, lost: ArrayLike, base: ArrayLike, strength: float) -> tuple[Numbers, Numbers]:
    share = _array(base)
    return _array(won) + share * strength, _array(lost) + (1 - share) * strength


def _rate(a: Numbers, b: Numbers) -> Rate:
    tail = (1 - CREDIBILITY) / 2
    low, high = (np.asarray(scipy.special.betaincinv(a, b, share)) for share in (tail, 1 - tail))
    return Rate(a / (a + b), low, high)
