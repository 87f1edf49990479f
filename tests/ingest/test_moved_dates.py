"""Dates of a text move together, each as it was written."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.moved_dates import moved_dates

NEAR = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("text", "days", "moved"),
    [
        ("closed_on: 2026-03-13", 20, "closed_on: 2026-04-02"),
        ("date: 2026/3/13", 20, "date: 2026/4/2"),
        ("2026/03/13", 20, "2026/04/02"),
        ("period: 2026-04-13/2026-04-27", -13, "period: 2026-03-31/2026-04-14"),
        ("2025年12月31日まで", 1, "2026年1月1日まで"),
        ("2月5日(木)に訪問", 1, "2月6日(金)に訪問"),
        ("12月31日", 1, "1月1日"),
        ("2026年4月〜2027年3月", 365, "2027年4月〜2028年3月"),
        ("on 4 December we met; in June 2026 they signed", 30, "on 3 January we met; in July 2026 they signed"),
        ("年度末の3月は忙しい。4か月かかる。", 100, "年度末の3月は忙しい。4か月かかる。"),
        (
            "[deals/2026-03-acme], 2月30日, GL-2026, 12026-03-13",
            50,
            "[deals/2026-03-acme], 2月30日, GL-2026, 12026-03-13",
        ),
    ],
)
def test_a_date_keeps_its_form(text: str, days: int, moved: str) -> None:
    assert moved_dates(text, days, NEAR) == moved


@given(st.dates(date(2010, 1, 1), date(2060, 1, 1)), st.integers(-2_000, 2_000))
def test_moving_there_and_back_changes_nothing(day: date, days: int) -> None:
    for text in (day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day.year}/{day.month}/{day.day}"):
        there = moved_dates(text, days, day)
        assert moved_dates(there, -days, day + timedelta(days)) == text
