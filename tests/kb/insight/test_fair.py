"""Comparing like with like: by hand, against a paradox, and as laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.insight.fair import Fair, Strata, fair_comparison
from kb.insight.scoreboard import scoreboard
from tests.deals import deal, table_of

Group = tuple[int, int, int, int]  # with the value: won, lost; without: won, lost


def _compare(groups: list[Group], *, swapped: bool = False, order: Any = None) -> Fair | None:
    rows = [
        (stratum, having, won)
        for stratum, cells in enumerate(groups)
        for (having, won), count in zip(
            ((True, True), (True, False), (False, True), (False, False)), cells, strict=True
        )
        for _ in range(count)
    ]
    rows = [rows[at] for at in order] if order is not None else rows
    strata = np.array([(stratum, -1, -1) for stratum, _, _ in rows], np.int64).reshape(-1, 3)
    won = np.array([won != swapped for _, _, won in rows], np.bool_)
    return fair_comparison(Strata.of(strata, won), np.array([having for _, having, _ in rows], np.bool_))


def test_the_pooled_odds_ratio_is_that_of_mantel_and_haenszel() -> None:
    found = _compare([(10, 5, 4, 8), (3, 5, 4, 8)])
    assert found is not None
    # (10·8/27 + 3·8/20) / (5·4/27 + 5·4/20)
    assert found.odds_ratio == pytest.approx((80 / 27 + 24 / 20) / (20 / 27 + 20 / 20))
    assert found.low < found.odds_ratio < found.high
    assert (found.strata, found.deals) == (2, 23)


def test_groups_without_anything_to_compare_do_not_count() -> None:
    alone = _compare([(10, 5, 4, 8)])
    assert alone == _compare([(10, 5, 4, 8), (7, 0, 0, 0), (3, 3, 0, 0), (5, 0, 5, 0)])
    assert _compare([(7, 0, 0, 0), (3, 3, 0, 0), (5, 0, 5, 0)]) is None


def test_deals_that_do_not_say_are_not_alike() -> None:
    unknown = np.full((20, 3), -1, np.int64)
    flags = np.arange(20) % 2 == 0
    assert fair_comparison(Strata.of(unknown, flags), np.arange(20) < 10) is None


def test_all_one_way_stays_finite() -> None:
    found = _compare([(6, 0, 2, 6)])
    assert found is not None and 1 < found.odds_ratio < 1_000 and np.isfinite(found.high)


cells = st.tuples(*[st.integers(0, 5)] * 4)


@given(st.lists(cells, min_size=1, max_size=4))
def test_swapping_won_and_lost_inverts_the_ratio(groups: list[Group]) -> None:
    there, back = _compare(groups), _compare(groups, swapped=True)
    assert (there is None) == (back is None)
    if there and back:
        assert there.odds_ratio == pytest.approx(1 / back.odds_ratio)
        assert there.low == pytest.approx(1 / back.high)


@given(st.lists(cells, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_deals_does_not_matter(groups: list[Group], random: Any) -> None:
    order = list(range(sum(map(sum, groups))))
    random.shuffle(order)
    there, shuffled = _compare(groups), _compare(groups, order=order)
    assert (there is None) == (shuffled is None)
    if there and shuffled:
        assert there.odds_ratio == pytest.approx(shuffled.odds_ratio)


def test_an_angle_of_warm_deals_is_seen_through() -> None:
    """Simpson's paradox: the angle is used where referrals win anyway, and within each source it does worse."""
    deals = []
    for source, having, won, lost in (
        ("referral", True, 64, 16),
        ("referral", False, 18, 2),
        ("ads", True, 2, 18),
        ("ads", False, 24, 56),
    ):
        for number in range(won + lost):
            name = f"{source}-{having}-{number}"
            angles = ("warm",) if having else ("other",)
            deals.append(deal(name, "won" if number < won else "lost", lead_source=source, angles=angles))
    table = table_of(*deals)
    row = next(row for row in scoreboard(table, table.within(None), "angle").rows if row.key == "warm")
    assert row.verdict == "above"
    assert row.fair is not None and row.fair.odds_ratio < 1
    assert row.agreement in ("weaker", "opposite")
