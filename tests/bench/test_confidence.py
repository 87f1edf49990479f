from __future__ import annotations

import math

import pytest

from bench.confidence import helping
from bench.measures import auc, quality
from bench.sets import Judged


def test_the_area_under_the_curve_is_as_counted_by_hand() -> None:
    # of the six pairs four are right and one is equal
    assert auc([3.0, 1.0], [0.0, 1.0, 2.0]) == pytest.approx(4.5 / 6)
    assert auc([2.0], [1.0]) == 1.0
    assert auc([1.0, 1.0], [1.0]) == 0.5
    assert math.isnan(auc([], [1.0]))


def test_what_helps_is_left_out_and_what_is_only_related_stays() -> None:
    assert helping(Judged("q", "short", {"a": 3, "b": 2, "c": 1})) == {"a", "b"}
    assert helping(Judged("q", "jsquad", {"a": 1})) == {"a"}


def test_a_hit_is_looked_for_as_deep_as_asked() -> None:
    ranking, grades = [["x", "y", "z", "a"]], [{"a": 3}]
    assert quality(ranking, grades, 3).hit == 0.0
    assert quality(ranking, grades).hit == 1.0
