"""The contrast between won and lost deals, checked by hand and as laws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.worlds import world
from kb.insight.contrast import Contrast, WeightedDeal
from kb.insight.contrast import contrasts as contrasts_of
from kb.insight.differences import differences
from tests.deals import deal

VIEWS: Any = {"angle": lambda entry: entry.angle}


def contrasts(won: Sequence[WeightedDeal], lost: Sequence[WeightedDeal], views: Any) -> tuple[Contrast, ...]:
    """Compare neighbours that are the whole base."""
    return contrasts_of(won, lost, views, differences(*([near.entry for near in side] for side in (won, lost)), views))


def _side(*angles: str, weight: float = 1.0) -> list[WeightedDeal]:
    return [WeightedDeal(deal(f"d{n}", angle=(angle,) if angle else ()), weight) for n, angle in enumerate(angles)]


def _only(won: Sequence[WeightedDeal], lost: Sequence[WeightedDeal]) -> Contrast:
    (found,) = contrasts(won, lost, VIEWS)
    return found


def test_log_odds_and_interval_are_those_of_the_formula() -> None:
    found = _only(_side("peer", "peer", "peer", "", ""), _side("peer", "", "", ""))
    # (3 + ½)(3 + ½) / (2 + ½)(1 + ½) = 12.25 / 3.75; 1.645 √(1/3.5 + 1/2.5 + 1/1.5 + 1/3.5)
    assert found.log_odds == pytest.approx(math.log(12.25 / 3.75), abs=1e-3)
    assert found.high - found.log_odds == pytest.approx(
        1.6449 * math.sqrt(1 / 3.5 + 1 / 2.5 + 1 / 1.5 + 1 / 3.5), abs=1e-3
    )
    assert (found.won, found.lost, found.verdict) == (3, 1, "unclear")


def test_a_contrast_names_how_many_were_compared_and_which_deals_hold_it() -> None:
    won = [WeightedDeal(deal("w1", angle=("peer",)), 1.0), WeightedDeal(deal("w2"), 0.5)]
    lost = [WeightedDeal(deal("l1", angle=("peer",)), 1.0)]
    found = _only(won, lost)
    assert (found.won, found.won_of, found.lost, found.lost_of) == (1, 2, 1, 1)
    assert found.evidence == tuple(d.entry.id for d in (won[0], lost[0]))


def test_clear_differences_are_called_by_their_side() -> None:
    assert _only(_side(*["peer"] * 9), _side(*[""] * 9)).verdict == "won"
    assert _only(_side(*[""] * 9), _side(*["peer"] * 9)).verdict == "lost"


def test_two_deals_are_too_few() -> None:
    assert _only(_side("peer", "peer"), _side("")).verdict == "too-few"


def test_a_reason_that_one_side_cannot_have_is_no_difference() -> None:
    views = {"reason": lambda entry: entry.angle}
    (found,) = contrasts(_side(*["price"] * 9), _side(*[""] * 9), views)
    assert found.verdict == "one-sided"


def test_an_outcome_as_a_tag_is_left_out() -> None:
    views = {"tag": lambda entry: entry.angle}
    assert contrasts(_side("受注"), _side("失注"), views) == ()


def test_less_similar_deals_count_less() -> None:
    near = _only(_side(*["peer"] * 6), _side(*[""] * 6))
    far = _only(_side(*["peer"] * 6, weight=0.3), _side(*[""] * 6, weight=0.3))
    assert abs(far.log_odds) < abs(near.log_odds)


def test_what_only_the_neighbours_show_is_no_difference() -> None:
    (found,) = contrasts_of(_side(*["peer"] * 9), _side(*[""] * 9), VIEWS, {})
    assert found.low > 0 and found.verdict == "unclear"
    (known,) = contrasts_of(_side("peer", ""), _side("peer", ""), VIEWS, {("angle", "peer"): "lost"})
    assert known.verdict == "lost", "all deals say so, whatever the neighbours"


def _sides_of(seed: int, deals: int, effect: float) -> list[list[Any]]:
    table = world(seed, deals, effect=effect)
    return [[table.deals[at] for at in np.flatnonzero(table.outcomes == end)] for end in (0, 1)]


def test_hardly_anything_is_named_where_nothing_differs_and_a_strong_effect_is() -> None:
    without = [differences(*_sides_of(seed, 100, 0.0), VIEWS) for seed in range(100)]
    assert sum(map(bool, without)) <= 10
    medium = [differences(*_sides_of(seed, 100, 0.38), VIEWS) for seed in range(100)]  # an odds ratio of 6
    assert sum(found.get(("angle", "angle-00")) == "won" for found in medium) >= 50
    strong = [differences(*_sides_of(seed, 300, 0.4), VIEWS) for seed in range(20)]
    assert sum(found.get(("angle", "angle-00")) == "won" for found in strong) >= 19


sides = st.lists(st.sampled_from(["peer", "price", ""]), max_size=12)


@given(sides, sides)
def test_swapping_won_and_lost_mirrors_the_contrast(won: list[str], lost: list[str]) -> None:
    there = {c.value: c for c in contrasts(_side(*won), _side(*lost), VIEWS)}
    back = {c.value: c for c in contrasts(_side(*lost), _side(*won), VIEWS)}
    assert set(there) == set(back)
    for value, found in there.items():
        assert found.log_odds == pytest.approx(-back[value].log_odds)
        assert found.low == pytest.approx(-back[value].high)
        assert (found.won, found.lost) == (back[value].lost, back[value].won)


@given(sides, sides)
def test_the_interval_holds_the_log_odds(won: list[str], lost: list[str]) -> None:
    assert all(c.low < c.log_odds < c.high for c in contrasts(_side(*won), _side(*lost), VIEWS))
