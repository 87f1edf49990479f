"""Comparing like with like: by hand, against a paradox, and as laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.insight.fair import Fair, Strata, fair_comparison
from kb.insight.scoreboard import Row, scoreboard
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


def test_a_value_that_won_in_every_group_is_not_explained_away_by_the_groups() -> None:
    found = _compare([(3, 0, 2, 5), (2, 0, 3, 4), (4, 0, 2, 4), (2, 0, 4, 5), (3, 0, 1, 4)])
    assert found is not None and found.explained_by == ()


def test_the_pooled_odds_ratio_is_that_of_mantel_and_haenszel() -> None:
    found = _compare([(10, 5, 4, 8), (3, 5, 4, 8)])
    assert found is not None
    single = found.singles[0]
    # Σ(ad/n) = 10·8/27 + 3·8/20 = 2.9630 + 1.2 = 4.1630; Σ(bc/n) = 5·4/27 + 5·4/20 = 0.7407 + 1 = 1.7407
    assert single.odds_ratio == pytest.approx(4.1630 / 1.7407, abs=1e-3)  # 2.3915
    # The variance of its logarithm after Robins, Breslow and Greenland (1986), R = Σ(ad/n), S = Σ(bc/n), with
    # P = (a + d)/n = 18/27, 11/20 and Q = 1 − P: ΣPR/2R² + Σ(PS + QR)/2RS + ΣQS/2S² = 0.3685, and 1.6449 standard
    # errors each way: 2.3915 · e^∓0.9985
    assert (single.low, single.high) == pytest.approx((0.8812, 6.4906), abs=1e-3)
    assert (found.strata, found.deals) == (2, 23)


def test_groups_without_anything_to_compare_do_not_count() -> None:
    alone = _compare([(10, 5, 4, 8)])
    more = _compare([(10, 5, 4, 8), (4, 0, 0, 0), (3, 3, 0, 0), (2, 0, 5, 0)])
    assert alone and more and alone.singles == more.singles and (alone.strata, more.strata) == (1, 1)
    assert _compare([(7, 0, 0, 0), (3, 3, 0, 0), (5, 0, 5, 0)]) is None


def test_deals_that_do_not_say_are_not_alike() -> None:
    unknown = np.full((20, 3), -1, np.int64)
    flags = np.arange(20) % 2 == 0
    assert fair_comparison(Strata.of(unknown, flags), np.arange(20) < 10) is None


def test_all_one_way_stays_finite() -> None:
    found = _compare([(6, 0, 0, 6)])
    assert found is not None
    assert found.singles[0].odds_ratio == pytest.approx(6.5 * 6.5 / (0.5 * 0.5))  # half a deal in each cell
    assert 1 < found.low < found.odds_ratio < found.high < np.inf


# Industry, size class, lead source; -1 is unknown. The last column says whether the deal has the value.
_ALIKE = [(0, 0, 0, having) for having in (True, False)]
_OTHER_SOURCE = [(0, 0, 1, True), (0, 0, 2, False)]
_OTHER_SIZE = [(0, 1, 1, True), (0, 2, 2, False)]
_UNKNOWN = [(-1, -1, 3, True), (-1, -1, 3, False)]


@pytest.mark.parametrize(
    ("kinds", "by", "not_held"),
    [
        ([_ALIKE], ("industry", "size", "lead_source"), ()),
        # Six of ten find a counterpart among deals of the same source: that is enough.
        ([_ALIKE] * 3 + [_OTHER_SOURCE] * 2, ("industry", "size", "lead_source"), ()),
        ([_ALIKE, _OTHER_SOURCE], ("industry", "size"), ("lead_source",)),
        ([_OTHER_SIZE], ("industry",), ("size", "lead_source")),
        ([_UNKNOWN], ("lead_source",), ("industry", "size")),
    ],
)
def test_every_factor_with_counterparts_is_held_and_the_others_are_named(
    kinds: Any, by: tuple[str, ...], not_held: tuple[str, ...]
) -> None:
    rows = [row for kind in kinds for row in kind for _ in ("won", "lost")]
    won = np.arange(len(rows)) % 2 == 0
    strata = Strata.of(np.array([row[:3] for row in rows], np.int64), won)
    found = fair_comparison(strata, np.array([row[3] for row in rows], np.bool_))
    assert found is not None and (found.by, found.not_held) == (by, not_held)
    assert [single.by for single in found.singles] == list(by)
    assert found.odds_ratio == pytest.approx(1)


cells = st.tuples(*[st.integers(0, 5)] * 4)


@given(st.lists(cells, min_size=1, max_size=4))
def test_swapping_won_and_lost_inverts_the_ratio(groups: list[Group]) -> None:
    there, back = _compare(groups), _compare(groups, swapped=True)
    assert (there is None) == (back is None)
    if there and back:
        assert there.odds_ratio == pytest.approx(1 / back.odds_ratio)
        assert there.low == pytest.approx(1 / back.high)


@given(st.lists(cells, min_size=1, max_size=4))
def test_a_comparison_is_always_a_finite_interval_around_its_ratio(groups: list[Group]) -> None:
    found = _compare(groups)
    if found:
        assert 0 < found.low < found.odds_ratio < found.high < np.inf
        assert found.deals <= sum(group[0] + group[1] for group in groups)


@given(st.lists(cells, min_size=1, max_size=4))
def test_having_and_not_having_a_value_are_opposites(groups: list[Group]) -> None:
    there = _compare(groups)
    back = _compare([(c, d, a, b) for a, b, c, d in groups])  # may be None: its own deals may lack counterparts
    if there and back:
        assert there.odds_ratio == pytest.approx(1 / back.odds_ratio, rel=1e-4)


@given(st.lists(cells, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_deals_does_not_matter(groups: list[Group], random: Any) -> None:
    order = list(range(sum(map(sum, groups))))
    random.shuffle(order)
    there, shuffled = _compare(groups), _compare(groups, order=order)
    assert (there is None) == (shuffled is None)
    if there and shuffled:
        assert there.odds_ratio == pytest.approx(shuffled.odds_ratio)


def _row(**sources: Group) -> Row:
    """Return the row of an angle used in some deals of each lead source."""
    deals = []
    for source, cells in sources.items():
        kinds = ((end, angle) for angle in ("asked", "other") for end in ("won", "lost"))
        for (end, angle), count in zip(kinds, cells, strict=True):
            names = [f"{source}-{angle}-{end}-{number}" for number in range(count)]
            deals += [deal(name, end, lead_source=source, angle=(angle,)) for name in names]
    table = table_of(*deals)
    return next(row for row in scoreboard(table, table.within(None), "angle").rows if row.key == "asked")


def test_an_angle_of_warm_deals_is_seen_through() -> None:
    """Simpson's paradox: the angle is used where referrals win anyway, and within each source it does worse."""
    row = _row(referral=(64, 16, 18, 2), ads=(2, 18, 24, 56))
    assert row.verdict == "above" and row.rate.mean > 0.65  # 66 of 100 against 42 of 100
    assert row.fair is not None and row.fair.by == ("lead_source",)
    # (64·2/100 + 2·56/100) / (16·18/100 + 18·24/100)
    assert row.fair.singles[0].odds_ratio == pytest.approx((1.28 + 1.12) / (2.88 + 4.32))
    assert row.fair.odds_ratio == pytest.approx(0.4, abs=0.01)  # held back a little
    assert row.agreement == "opposite"


def test_an_angle_as_good_as_its_deals_is_weaker_among_like_ones() -> None:
    row = _row(referral=(64, 16, 16, 4), ads=(4, 16, 16, 64))
    assert row.verdict == "above" and row.agreement == "weaker"
    assert row.fair is not None and row.fair.singles[0].odds_ratio == pytest.approx(1)
    assert row.fair.explained_by == ("lead_source",)


def test_an_angle_of_cold_deals_shows_only_among_like_ones() -> None:
    row = _row(referral=(19, 1, 60, 20), ads=(32, 48, 2, 18))
    assert row.verdict == "unclear" and row.agreement == "clearer"
    assert row.fair is not None and row.fair.low > 1


def test_an_angle_that_wins_among_all_and_among_like_deals_is_the_same() -> None:
    row = _row(referral=(30, 5, 10, 25), ads=(20, 10, 10, 30))
    assert row.verdict == "above" and row.agreement == "same"


def test_an_angle_without_counterparts_is_not_comparable() -> None:
    row = _row(referral=(30, 5, 0, 0), ads=(0, 0, 10, 30))
    assert row.verdict == "above" and (row.fair, row.agreement) == (None, "not-comparable")


def test_four_deals_with_a_counterpart_are_too_few_to_compare() -> None:
    row = _row(referral=(2, 0, 0, 0), ads=(3, 1, 10, 30))
    assert row.fair is not None and row.fair.deals == 4
    assert row.agreement == "not-comparable"
