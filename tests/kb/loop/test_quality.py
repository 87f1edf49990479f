"""The formulas of a measurement, and what changed between two."""

from __future__ import annotations

import math

import pytest

from kb.loop.quality import (
    Figure,
    Run,
    compare,
    figure_of,
    figures_of,
    figures_text,
    first_good,
    ndcg,
    ungraded,
    wilson,
)

GRADES = {"budget": {"a": 3, "b": 2, "c": 0}, "audit": {"d": 3}, "price": {"e": 2}}


def _run(at: str, rankings: dict[str, list[str]], model: str = "one") -> Run:
    figures = tuple(figure_of(query, ranking, GRADES.get(query, {})) for query, ranking in rankings.items())
    return Run(at, "all", "index-1", model, "numbers-1", len(figures), 0.5, 1, 0, 0, figures)


def test_the_gain_is_as_counted_by_hand() -> None:
    # 7 and 3 in the best order; found at ranks 2 and 1
    found, ideal = 3 + 7 / math.log2(3), 7 + 3 / math.log2(3)
    assert ndcg(["b", "a"], GRADES["budget"]) == pytest.approx(found / ideal)
    assert ndcg(["x"], GRADES["budget"]) == 0.0 and ndcg(["a"], {"a": 0}) == 0.0


def test_the_first_good_entry_helps_or_answers_and_is_among_ten() -> None:
    assert first_good(["c", "b", "a"], GRADES["budget"]) == 2
    assert first_good(["x"] * 10 + ["a"], GRADES["budget"]) == 0
    assert first_good(["a"], {"a": 0}) == first_good(["a"], {}) == 0
    assert first_good(["a"], {"a": 1}) == 1  # the best that is known


def test_the_interval_is_that_of_wilson_and_stays_within_the_range() -> None:
    assert wilson(8, 10) == pytest.approx((0.541, 0.931), abs=0.001)  # z = 1.645
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(3, 3)[1] == 1.0 and wilson(0, 3)[0] == 0.0 and 0.5 < wilson(3, 3)[0] < 1.0


def test_two_runs_are_compared_question_by_question() -> None:
    before = _run("1", {"budget": ["a", "b"], "audit": ["x", "d"], "price": ["e"], "gone": ["a"]})
    after = _run("2", {"budget": ["c", "a"], "audit": ["d"], "price": ["e", "x"], "new": ["a"]}, model="two")
    found = compare(before, after, GRADES)
    assert [(one.query, one.before.rank, one.after.rank) for one in found.better] == [("audit", 2, 1)]
    assert [(one.query, one.before.rank, one.after.rank) for one in found.worse] == [("budget", 1, 2)]
    assert (found.same, found.differs) == (1, ("model",))


def test_a_new_grade_changes_no_comparison_where_the_ranking_is_the_same() -> None:
    before = _run("1", {"budget": ["c", "b"]})
    later = {"budget": {**GRADES["budget"], "c": 3}}
    found = compare(before, _run("2", {"budget": ["c", "b"]}), later)
    assert (found.better, found.worse, found.same) == ((), (), 1)


def test_hits_nobody_graded_are_counted() -> None:
    run = _run("1", {"budget": ["a", "x", "y", "z"], "audit": ["d"]})
    assert ungraded(run, GRADES) == {"budget": 2}


def test_stored_figures_are_read_as_they_were() -> None:
    figures = (Figure("価格", 0.5, 2, ("a", "b")), Figure("監査", 0.0, 0, ()))
    assert figures_of(figures_text(figures)) == figures
    assert figures_of("nothing") == () == figures_of("[1]")
