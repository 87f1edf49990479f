"""The win rate weighted by money: what share of the money decided on was won."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kb.currencies import ExchangeRates
from kb.insight.coverage import FAR_BELOW
from kb.insight.deals import LOST, WON, DealTable, Flags
from kb.insight.rates import CREDIBILITY, LEAST_DECIDED, counted_rate

RESAMPLES = 2_000  # of the deals, for the interval
DRAWN_AT_ONCE = 200_000  # amounts: of few deals all samples together, of many a sample at a time
SEED = 1  # the same deals give the same interval


@dataclass(frozen=True, slots=True)
class MoneyRate:
    """The decided deals of one currency that have an amount; shares of their money."""

    currency: str
    won: int  # deals
    lost: int
    won_amount: int
    lost_amount: int
    share: float  # of the money that was won
    low: float  # 90 % bootstrap interval over the deals
    high: float
    by_count: float  # the same deals, each counted once
    count_low: float
    count_high: float
    largest: float  # the share of the money that lies in the largest deal
    is_enough: bool  # for a rate


@dataclass(frozen=True, slots=True)
class MoneyRates:
    """One row per currency, the most deals first; deals without an amount are counted apart."""

    rows: tuple[MoneyRate, ...]
    won_without: int
    lost_without: int
    is_known: bool  # amounts of lost deals are known about as often as those of won ones


def money_rates(table: DealTable, within: Flags, rates: ExchangeRates) -> MoneyRates:
    """Weigh the decided deals in scope by their amounts; an amount of 0 is unknown, as CRMs write it for lost deals."""
    amounts: dict[str, list[tuple[int, bool]]] = {}
    without = {True: 0, False: 0}
    for place in np.flatnonzero(within & np.isin(table.outcomes, (WON, LOST))):
        deal, is_won = table.deals[place].deal, bool(table.outcomes[place] == WON)
        if deal is None or not deal.amount or deal.amount < 0:
            without[is_won] += 1
            continue
        worth = rates.convert(deal.amount, deal.currency, rates.home)
        currency, amount = (deal.currency, deal.amount) if worth is None else (rates.home, worth)
        amounts.setdefault(currency, []).append((amount, is_won))
    rows = [_rate(currency, pairs) for currency, pairs in amounts.items()]
    rows.sort(key=lambda row: (-row.won - row.lost, row.currency))
    won, lost = (sum(getattr(row, side) for row in rows) for side in ("won", "lost"))
    shares = [known / (known + missing) if known + missing else 0.0
              for known, missing in ((won, without[True]), (lost, without[False]))]  # fmt: skip
    return MoneyRates(tuple(rows), without[True], without[False], 0 < shares[0] * FAR_BELOW <= shares[1])


def _rate(currency: str, pairs: list[tuple[int, bool]]) -> MoneyRate:
    sums = np.array([amount for amount, _ in pairs], np.float64)
    is_won = np.array([won for _, won in pairs], np.bool_)
    won, lost = int(is_won.sum()), int((~is_won).sum())
    count = counted_rate(won, lost)
    low, high = _interval(sums, is_won)
    return MoneyRate(
        currency, won, lost, sum(a for a, w in pairs if w), sum(a for a, w in pairs if not w),
        float(sums[is_won].sum() / sums.sum()), low, high,
        float(count.mean), float(count.low), float(count.high), float(sums.max() / sums.sum()),
        is_enough=won + lost >= LEAST_DECIDED and bool(won and lost),
    )  # fmt: skip


def _interval(sums: np.ndarray[tuple[int], np.dtype[np.float64]], is_won: Flags) -> tuple[float, float]:
    """Return the percentile interval of the share over resampled deals (Efron 1979)."""
    if is_won.all() or not is_won.any():  # whatever is drawn
        return float(is_won[0]), float(is_won[0])
    random, shares = np.random.default_rng(SEED), np.empty(RESAMPLES)
    at_once = max(1, DRAWN_AT_ONCE // len(sums))
    for first in range(0, RESAMPLES, at_once):
        drawn = random.integers(0, len(sums), (min(at_once, RESAMPLES - first), len(sums)))
        amounts = sums[drawn]
        shares[first : first + at_once] = (amounts * is_won[drawn]).sum(axis=1) / amounts.sum(axis=1)
    tail = (1 - CREDIBILITY) / 2
    low, high = np.quantile(shares, [tail, 1 - tail])
    return float(low), float(high)
