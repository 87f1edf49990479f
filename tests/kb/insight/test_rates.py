"""Win rates: values checked to three decimals, and laws."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from kb.insight.rates import (
    SURE,
    Rate,
    counted_rate,
    plain_rate,
    probability_above,
    probability_beats,
    probability_goes_with,
    shrunk_rate,
    stands_out,
)

counts = st.integers(0, 400)
shares = st.floats(0.05, 0.95)


def _rounded(*values: object) -> tuple[float, ...]:
    return tuple(round(float(value), 3) for value in values)  # type: ignore[arg-type]


def _single(rate: Rate) -> tuple[float, float, float]:
    return float(rate.mean), float(rate.low), float(rate.high)


@pytest.mark.parametrize(
    ("won", "of", "expected"),
    [
        (3, 3, (0.875, 0.556, 0.999)),
        (3, 4, (0.700, 0.349, 0.954)),
        (7, 10, (0.682, 0.442, 0.883)),
        (20, 52, (0.387, 0.280, 0.498)),
        (31, 52, (0.594, 0.482, 0.702)),
        (0, 2, (0.167, 0.001, 0.569)),
    ],
)
def test_plain_rates_are_those_of_the_formula(won: int, of: int, expected: tuple[float, ...]) -> None:
    rate = plain_rate(won, of - won)
    assert _rounded(rate.mean, rate.low, rate.high) == expected


@pytest.mark.parametrize(
    ("won", "of", "expected", "above"),
    [
        (3, 3, (0.527, 0.287, 0.762), 0.882),
        (7, 10, (0.544, 0.353, 0.730), 0.953),
        (1, 6, (0.271, 0.103, 0.478), 0.239),
    ],
)
def test_drawn_rates_are_those_of_the_formula(won: int, of: int, expected: tuple[float, ...], above: float) -> None:
    rate = shrunk_rate(won, of - won, 0.35)
    assert _rounded(rate.mean, rate.low, rate.high) == expected
    assert _rounded(probability_above(won, of - won, 0.35)) == (above,)


def test_one_rate_beats_another_as_often_as_the_formula_says() -> None:
    assert round(probability_beats(31, 21, 20, 32), 3) == 0.985
    assert round(probability_beats(7, 3, 9, 11), 3) == 0.903


def test_what_goes_with_wins_is_tested_exactly() -> None:
    # Four of ten deals have it, all of them won: so many are among the five won ones in 5 of 210 draws.
    assert float(probability_goes_with(4, 5, 0, 5)) == pytest.approx(1 - 5 / 210 / 2)
    assert float(probability_goes_with(0, 5, 4, 5)) == pytest.approx(5 / 210 / 2)
    assert float(probability_goes_with(2, 5, 2, 5)) == pytest.approx(0.5)


@given(counts, counts)
def test_a_counted_rate_is_what_anybody_gets_by_dividing(won: int, lost: int) -> None:
    rate = counted_rate(won, lost)
    assert float(rate.mean) == pytest.approx(won / (won + lost) if won + lost else 0.5)
    assert 0 <= rate.low <= rate.mean <= rate.high <= 1


@given(counts, counts)
def test_intervals_hold_the_mean_and_stay_shares(won: int, lost: int) -> None:
    for rate in (plain_rate(won, lost), shrunk_rate(won, lost, 0.4)):
        assert 0 <= rate.low < rate.mean < rate.high <= 1


@given(counts, counts, shares)
def test_another_win_never_lowers_a_rate(won: int, lost: int, base: float) -> None:
    for less, more in (
        (plain_rate(won, lost), plain_rate(won + 1, lost)),
        (shrunk_rate(won, lost, base), shrunk_rate(won + 1, lost, base)),
    ):
        assert more.mean > less.mean and more.low >= less.low and more.high >= less.high
    assert probability_above(won + 1, lost, base) >= probability_above(won, lost, base)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(2, 10))
def test_more_deals_of_the_same_share_narrow_the_interval(won: int, lost: int, times: int) -> None:
    for few, many in (
        (plain_rate(won, lost), plain_rate(won * times, lost * times)),
        (shrunk_rate(won, lost, won / (won + lost)), shrunk_rate(won * times, lost * times, won / (won + lost))),
    ):
        assert many.high - many.low < few.high - few.low


@given(counts, counts, shares)
def test_swapping_wins_and_losses_mirrors_everything(won: int, lost: int, base: float) -> None:
    for there, back in (
        (plain_rate(won, lost), plain_rate(lost, won)),
        (shrunk_rate(won, lost, base), shrunk_rate(lost, won, 1 - base)),
    ):
        mirrored = (1 - back.mean, 1 - back.high, 1 - back.low)
        assert _single(there) == pytest.approx(tuple(map(float, mirrored)), abs=1e-9)
    assert float(probability_above(won, lost, base)) == pytest.approx(
        1 - float(probability_above(lost, won, 1 - base)), abs=1e-9
    )


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=6), shares)
def test_columns_give_what_single_numbers_give(pairs: list[tuple[int, int]], base: float) -> None:
    won, lost = np.array(pairs).T
    for make in (plain_rate, lambda won, lost: shrunk_rate(won, lost, base)):
        column = make(won, lost)
        rows = list(zip(column.mean.tolist(), column.low.tolist(), column.high.tolist(), strict=True))
        assert rows == [_single(make(w, x)) for w, x in pairs]
    above = probability_above(won, lost, base)
    assert above.tolist() == [float(probability_above(w, x, base)) for w, x in pairs]


@given(counts, counts, shares, st.floats(0.5, 500))
def test_a_drawn_rate_lies_between_the_share_of_wins_and_the_base(
    won: int, lost: int, base: float, strength: float
) -> None:
    share = won / (won + lost) if won + lost else base
    mean = float(shrunk_rate(won, lost, base, strength).mean)
    assert min(share, base) - 1e-12 <= mean <= max(share, base) + 1e-12


@given(counts, counts, shares, st.floats(0.5, 100), st.floats(0.5, 100))
def test_more_belief_draws_a_rate_closer_to_the_base(
    won: int, lost: int, base: float, one: float, other: float
) -> None:
    near, far = (abs(float(shrunk_rate(won, lost, base, k).mean) - base) for k in (max(one, other), min(one, other)))
    assert near <= far + 1e-12


def test_nothing_known_is_half_with_the_widest_interval() -> None:
    assert _single(plain_rate(0, 0)) == pytest.approx((0.5, 0.006, 0.994), abs=1e-3)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_beating_and_being_beaten_are_one_whole(won: int, lost: int, other_won: int, other_lost: int) -> None:
    there = probability_beats(won, lost, other_won, other_lost)
    assert there + probability_beats(other_won, other_lost, won, lost) == pytest.approx(1, abs=1e-3)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_another_win_never_makes_beating_less_probable(won: int, lost: int, other_won: int, other_lost: int) -> None:
    more = probability_beats(won + 1, lost, other_won, other_lost)
    assert more >= probability_beats(won, lost, other_won, other_lost)


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_rate_beats_its_like_half_the_time(won: int, lost: int) -> None:
    assert probability_beats(won, lost, won, lost) == pytest.approx(0.5, abs=1e-3)


@given(st.lists(st.floats(0, 1) | st.floats(0, 1e-3) | st.sampled_from([0.01, 0.04, 0.96, 0.99]), max_size=60))
def test_who_stands_out_is_who_passes_scipys_rule_of_benjamini_and_hochberg(above: list[float]) -> None:
    tails = np.array(above, np.float64)
    smaller = np.minimum(tails, 1 - tails)
    adjusted = false_discovery_control(smaller) if above else smaller
    expected = (smaller <= 1 - SURE + 1e-9) & (adjusted <= 0.10 + 1e-9)
    assert stands_out(above).tolist() == expected.tolist()


def test_no_verdict_loads_scipys_statistics() -> None:
    code = "import sys; from kb.insight.rates import stands_out; stands_out([.001, .5])"
    code += "; print('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
