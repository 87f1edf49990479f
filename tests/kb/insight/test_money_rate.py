"""The win rate weighted by money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from kb.currencies import ExchangeRates
from kb.entry import Entry
from kb.insight.money_rate import MoneyRates, money_rates
from tests.deals import deal, table_of

MILLION = 1_000_000


def _rates(*deals: Entry, rates: ExchangeRates | None = None) -> MoneyRates:
    table = table_of(*deals)
    return money_rates(table, table.within(None), rates or ExchangeRates())


def _deals(won: list[int], lost: list[int], currency: str = "JPY") -> list[Entry]:
    pairs = [("won", amount) for amount in won] + [("lost", amount) for amount in lost]
    return [deal(f"{currency}-{n}", end, amount=amount, currency=currency) for n, (end, amount) in enumerate(pairs)]


def test_the_share_is_of_money_and_the_same_deals_are_counted_beside_it() -> None:
    (row,) = _rates(*_deals([MILLION, MILLION, MILLION], [6 * MILLION, MILLION])).rows
    assert (row.won, row.lost, row.won_amount, row.lost_amount) == (3, 2, 3 * MILLION, 7 * MILLION)
    assert row.share == pytest.approx(0.3) and row.by_count == pytest.approx(3 / 5)
    assert row.largest == pytest.approx(0.6) and row.is_enough


def test_the_interval_of_equal_amounts_is_that_of_resampled_counts() -> None:
    (row,) = _rates(*_deals([MILLION] * 20, [MILLION] * 20)).rows
    # Of 40 draws with p = 1/2 the 5 % and 95 % quantiles are 15 and 25.
    assert (row.low, row.high) == pytest.approx((15 / 40, 25 / 40))


def test_few_large_deals_make_a_wide_interval() -> None:
    (even,) = _rates(*_deals([MILLION] * 10, [MILLION] * 10)).rows
    (lumpy,) = _rates(*_deals([20 * MILLION, *[MILLION] * 9], [MILLION] * 10)).rows
    assert lumpy.high - lumpy.low > even.high - even.low


def test_currencies_stay_apart_without_a_rate_and_join_with_one() -> None:
    deals = [*_deals([MILLION] * 3, [MILLION] * 3), *_deals([10_000], [20_000], "USD")]
    apart = _rates(*deals)
    assert [(row.currency, row.won, row.lost) for row in apart.rows] == [("JPY", 3, 3), ("USD", 1, 1)]
    assert not apart.rows[1].is_enough
    (joined,) = _rates(*deals, rates=ExchangeRates("JPY", {"USD": (Decimal(150), date(2026, 8, 1))})).rows
    assert (joined.currency, joined.won_amount, joined.lost_amount) == ("JPY", 4_500_000, 6_000_000)


def test_amounts_that_only_wins_have_give_no_rate() -> None:
    deals = [*_deals([MILLION] * 8, [MILLION] * 2), *(deal(f"x{n}", "lost", amount=0) for n in range(8))]
    found = _rates(*deals)
    assert (found.won_without, found.lost_without, found.is_known) == (0, 8, False)
    assert _rates(*deals[:10]).is_known


def test_one_sided_or_few_deals_are_not_enough() -> None:
    assert not _rates(*_deals([MILLION] * 9, [])).rows[0].is_enough
    assert not _rates(*_deals([MILLION] * 3, [MILLION])).rows[0].is_enough
    assert _rates().rows == () and not _rates().is_known


@pytest.mark.parametrize(("won", "lost", "share"), [([MILLION], [], 1.0), ([], [MILLION, 2 * MILLION], 0.0)])
def test_money_that_ended_all_alike_leaves_nothing_to_resample(won: list[int], lost: list[int], share: float) -> None:
    (row,) = _rates(*_deals(won, lost)).rows
    assert (row.low, row.share, row.high) == (share, share, share) and not row.is_enough
