"""Win rates: values checked to three decimals, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.insight.rates import plain_rate, probability_above, probability_beats, shrunk_rate

counts = st.integers(0, 400)
shares = st.floats(0.05, 0.95)


def _rounded(*values: object) -> tuple[float, ...]:
    return tuple(round(float(value), 3) for value in values)  # type: ignore[arg-type]


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
    few, many = plain_rate(won, lost), plain_rate(won * times, lost * times)
    assert many.high - many.low < few.high - few.low


@given(counts, counts, shares)
def test_swapping_wins_and_losses_mirrors_everything(won: int, lost: int, base: float) -> None:
    there, back = shrunk_rate(won, lost, base), shrunk_rate(lost, won, 1 - base)
    assert float(there.mean) == pytest.approx(1 - float(back.mean))
    assert float(there.low) == pytest.approx(1 - float(back.high), abs=1e-9)
    assert float(probability_above(won, lost, base)) == pytest.approx(
        1 - float(probability_above(lost, won, 1 - base)), abs=1e-9
    )


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=6), shares)
def test_columns_give_what_single_numbers_give(pairs: list[tuple[int, int]], base: float) -> None:
    won, lost = np.array(pairs).T
    column = shrunk_rate(won, lost, base)
    assert column.low.tolist() == [float(shrunk_rate(w, x, base).low) for w, x in pairs]


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_beating_and_being_beaten_are_one_whole(won: int, lost: int, other_won: int, other_lost: int) -> None:
    there = probability_beats(won, lost, other_won, other_lost)
    assert there + probability_beats(other_won, other_lost, won, lost) == pytest.approx(1, abs=2e-3)
