"""How long deals take, against a hand-worked Kaplan–Meier table."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kb.entry import Entry
from kb.insight.cycle import CycleLength, cycle_length, days_of
from tests.deals import deal, table_of

TODAY = date(2026, 8, 10)
CLOSED, STILL_OPEN = (10, 20, 30, 50, 60), (20, 40)


def _closed(days: int, outcome: str = "won") -> Entry:
    start = TODAY - timedelta(days=200)
    return deal(f"{outcome}-{days}", outcome, started_on=start, closed_on=start + timedelta(days=days))


def _open(days: int) -> Entry:
    return deal(f"open-{days}", "open", started_on=TODAY - timedelta(days=days))


def _length(*deals: Entry) -> CycleLength:
    table = table_of(*deals)
    return cycle_length(table, table.within(None), TODAY)


def test_open_deals_count_as_long_as_they_have_been_open() -> None:
    # Seven deals. Still open: 6/7 after day 10, 6/7 · 5/6 after 20 (one leaves open), · 3/4 after 30 (four at risk;
    # one more leaves open on day 40), · 1/2 after 50, and none after 60. Half or less is first reached on day 50.
    found = _length(*map(_closed, CLOSED), *map(_open, STILL_OPEN))
    assert [step.day for step in found.curve] == [10, 20, 30, 50, 60]
    assert [step.at_risk for step in found.curve] == [7, 6, 4, 2, 1]
    assert [step.share for step in found.curve] == pytest.approx([6 / 7, 5 / 7, 15 / 28, 15 / 56, 0])
    assert (found.closed, found.open, found.missing, found.median) == (5, 2, 0, 50)
    assert found.median_of_closed == 30


def test_the_interval_is_greenwoods_on_the_scale_of_log_minus_log() -> None:
    step = _length(*map(_closed, CLOSED), *map(_open, STILL_OPEN)).curve[1]
    # Greenwood: variance = S² (1/(7·6) + 1/(6·5)); S = 5/7, z = 1.645; S to the power of exp(±1.16858).
    assert (step.low, step.high) == pytest.approx((0.33872, 0.90070), abs=0.00001)


def test_where_the_last_deal_has_closed_the_curve_does_not_pretend_to_be_sure() -> None:
    last = _length(*map(_closed, CLOSED), *map(_open, STILL_OPEN)).curve[-1]
    assert (last.share, last.low) == (0, 0) and last.high > 0


def test_marks_say_how_many_are_still_open_after_usual_times() -> None:
    found = _length(*map(_closed, CLOSED), *map(_open, STILL_OPEN))
    assert [(mark.day, mark.at_risk) for mark in found.marks] == [(30, 4), (60, 1)]
    assert found.marks[0].share == pytest.approx(15 / 28)


@pytest.mark.parametrize("days", [(3, 23, 30, 53, 70, 72, 73, 80), (10, 20, 30, 40, 50), (5, 9, 14, 40, 61, 62)])
def test_where_all_deals_have_closed_half_of_them_have_by_their_median(days: tuple[int, ...]) -> None:
    found = _length(*map(_closed, days))
    assert found.median == found.median_of_closed


def test_a_median_that_is_not_reached_is_not_invented() -> None:
    found = _length(*map(_closed, CLOSED), *(_open(100 + days) for days in range(20)))
    assert found.median is None and found.median_of_closed == 30


def test_below_five_closed_deals_nothing_is_estimated() -> None:
    found = _length(*map(_closed, CLOSED[:4]), *map(_open, STILL_OPEN))
    assert (found.closed, found.open, found.median, found.curve) == (4, 2, None, ())


def test_impossible_and_unknown_lengths_are_counted_apart() -> None:
    backwards = deal("back", "won", started_on=TODAY, closed_on=TODAY - timedelta(days=1))
    ahead = deal("ahead", "open", started_on=TODAY + timedelta(days=1))
    found = _length(backwards, ahead, deal("unknown", "open"), deal("undated", "lost"), *map(_closed, CLOSED))
    assert (found.closed, found.open, found.missing) == (5, 0, 4)


def test_cycle_days_count_where_the_days_are_not_both_known() -> None:
    assert days_of(deal("a", "won", cycle_days=34), TODAY) == 34
    assert days_of(deal("b", "won", started_on=date(2026, 1, 1), cycle_days=34), TODAY) == 34
    assert days_of(deal("c", "open", cycle_days=34), TODAY) is None
