"""Weeks and months: what lies beside them, and what is none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import BadPeriodError
from kb.loop.period import Period, near_period

DAYS = st.dates(date(1950, 1, 1), date(2200, 12, 31))
PERIODS = st.one_of(DAYS.map(Period.week_of), DAYS.map(lambda day: Period.read(f"{day:%Y-%m}")))


@given(PERIODS)
def test_a_period_begins_the_day_after_the_one_before_ends(period: Period) -> None:
    before = period.before()
    assert before.end + timedelta(days=1) == period.start
    assert before.is_week == period.is_week
    assert before.after() == period


@given(PERIODS)
def test_what_a_period_is_called_reads_as_itself(period: Period) -> None:
    assert Period.read(period.key) == period


@given(PERIODS, st.integers(0, 40))
def test_of_a_period_that_is_not_over_as_many_days_of_the_one_before_are_compared(period: Period, gone: int) -> None:
    today = period.start + timedelta(days=gone)
    seen = period.until(today)
    assert seen.is_partial == (today < period.end)
    before = seen.before()
    assert before.start == period.before().start and before.key == period.before().key
    assert before.days == min(seen.days, period.before().days) or not seen.is_partial
    assert seen.after() == period.after() and seen.start <= seen.end


@given(DAYS)
def test_a_day_lies_in_its_week_and_month_and_in_no_neighbour(day: date) -> None:
    for period in (Period.week_of(day), Period.read(f"{day:%Y-%m}")):
        assert period.contains(day)
        assert not period.before().contains(day) and not period.after().contains(day)


@given(DAYS)
def test_a_week_has_seven_days_from_a_monday(day: date) -> None:
    week = Period.week_of(day)
    assert (week.days, week.start.weekday()) == (7, 0)


def test_the_turn_of_the_year_follows_the_iso_calendar() -> None:
    assert Period.read("2026-W53") == Period("2026-W53", date(2026, 12, 28), date(2027, 1, 3))
    assert Period.read("2027-w01").before().key == "2026-W53"
    assert Period.read("2027-01").before().key == "2026-12"


@pytest.mark.parametrize(
    "text", ["2026-W54", "2026-W00", "2026-13", "2026-00", "2026", "11-2026", "x", "0000-01", "9999-12"]
)
def test_what_is_no_period_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadPeriodError, match="is not a period"):
        Period.read(text)


def test_a_coming_period_may_be_prepared_and_a_distant_one_may_not() -> None:
    wednesday = date(2026, 11, 25)
    assert near_period("", wednesday).key == "2026-W48"
    assert near_period("2026-W49", wednesday).key == "2026-W49"
    with pytest.raises(BadPeriodError, match="2027-W09 is more than two months ahead"):
        near_period("2027-W09", wednesday)
