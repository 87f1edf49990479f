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
FALSE_SHARE = 0.10  # of the verdicts of a family that may be due to chance (Benjamini and Hochberg 1995)
_ROUNDING = 1e-9
_NEVER = 1e-15  # no probability is exactly 0 or 1
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


def counted_rate(won: ArrayLike, lost: ArrayLike) -> Rate:
    """Return the share of wins as anybody counts it, won / (won + lost), for a reader who sees both numbers.

    The interval is that of `plain_rate`, up to 1 without losses and down to 0 without wins (Brown, Cai, DasGupta 2001).
    """
    won, lost = _array(won), _array(lost)
    rate, decided = plain_rate(won, lost), won + lost
    share = np.where(decided > 0, won / np.maximum(decided, _NEVER), rate.mean)
    return Rate(share, np.where(won > 0, rate.low, 0.0), np.where(lost > 0, rate.high, 1.0))


def shrunk_rate(won: ArrayLike, lost: ArrayLike, base: ArrayLike, strength: float = STRENGTH) -> Rate:
    """Return the share of wins shrunk towards a base rate m: Beta(won + m k, lost + (1 - m) k) with k = `strength`.

    For ranking: three wins of three do not rank above thirty of forty.
    """
    return _rate(*_shrunk(won, lost, base, strength))


def probability_above(won: ArrayLike, lost: ArrayLike, base: ArrayLike, strength: float = STRENGTH) -> Numbers:
    """Return the probability that the shrunk rate is above the base rate."""
    a, b = _shrunk(won, lost, base, strength)
    return np.asarray(1.0 - scipy.special.betainc(a, b, _array(base)), np.float64)


def stands_out(above: ArrayLike, false_share: float = FALSE_SHARE) -> NDArray[np.bool_]:
    """Return which rows of a family differ from the base, given the probability that each is above it.

    Each needs the probability SURE by itself, and all of them together pass the rule of Benjamini and Hochberg on the
    smaller tail, so that many rows make no verdicts by chance.
    """
    tails = _array(above)
    smaller = np.minimum(tails, 1 - tails)
    is_sure = smaller <= 1 - SURE + _ROUNDING
    return np.asarray(is_sure & (_adjusted(np.clip(smaller, 0, 1)) <= false_share + _ROUNDING), np.bool_)


def probability_beats(won: float, lost: float, other_won: float, other_lost: float) -> float:
    """Return the probability that one plain rate is higher than another: E[F_other(X)] over X of the first."""
    middles = (np.arange(_GRID) + 0.5) / _GRID
    first = scipy.special.betaincinv(won + JEFFREYS, lost + JEFFREYS, middles)
    return float(np.mean(scipy.special.betainc(other_won + JEFFREYS, other_lost + JEFFREYS, first)))


def probability_goes_with(having_won: ArrayLike, won: int, having_lost: ArrayLike, lost: int) -> Numbers:
    """Return the probability that what these deals have goes with wins: one less the mid-p of Fisher's exact test.

    The test is exact in the counts; half of what was seen counts as more extreme, since it is too strict otherwise
    (Lancaster 1961).
    """
    seen, having = _array(having_won), _array(having_won) + _array(having_lost)
    chance = scipy.stats.hypergeom
    less = chance.cdf(seen, won + lost, won, having) - chance.pmf(seen, won + lost, won, having) / 2
    return np.asarray(np.clip(less, 0, 1), np.float64)


def count_interval(count: int, factor: float = 1.0) -> tuple[float, float]:
    """Return the 90 % interval of the expected count: Gamma(count + 1/2); `factor`: how much wider its variance is."""
    tail = (1 - CREDIBILITY) / 2
    low, high = scipy.special.gammaincinv(count / factor + JEFFREYS, [tail, 1 - tail])
    return float(low) * factor, float(high) * factor


def probability_more(count: int, days: int, other: int, other_days: int) -> float:
    """Return the probability that one daily rate is higher than another: the share of two Gammas is a Beta."""
    return float(1 - scipy.special.betainc(count + JEFFREYS, other + JEFFREYS, days / (days + other_days)))


def inflated(above: float, factor: float, periods: int) -> float:
    """Return a probability for a variance `factor` times as large, as estimated from so many periods.

    The normal score is divided by the root of the factor and compared with Student's t: the factor is an estimate.
    """
    score = scipy.special.ndtri(min(max(above, _NEVER), 1 - _NEVER)) / factor**0.5
    return float(scipy.special.stdtr(periods - 1, score))


def _adjusted(p_values: Numbers) -> Numbers:
    """Return p-values adjusted for their number, as `scipy.stats.false_discovery_control` does.

    SciPy's statistics take .4 s to load, which every `kb search` without a server would wait for.
    """
    order = np.argsort(p_values)[::-1]  # from the largest
    count = len(p_values)
    adjusted = np.empty(count)
    adjusted[order] = np.minimum.accumulate(p_values[order] * count / np.arange(count, 0, -1))
    return adjusted


def _array(values: ArrayLike) -> Numbers:
    return np.asarray(values, np.float64)


def _shrunk(won: ArrayLike, lost: ArrayLike, base: ArrayLike, strength: float) -> tuple[Numbers, Numbers]:
    share = _array(base)
    return _array(won) + share * strength, _array(lost) + (1 - share) * strength


def _rate(a: Numbers, b: Numbers) -> Rate:
    tail = (1 - CREDIBILITY) / 2
    low, high = (np.asarray(scipy.special.betaincinv(a, b, share)) for share in (tail, 1 - tail))
    return Rate(a / (a + b), low, high)
