"""A day is read in whatever form people and programs write it; what leaves a doubt is refused with advice."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.days import DayError, Order, read_day

FORMS = (
    "2025-07-03", "2025/7/3", "2025.07.03", "2025年7月3日", "2025年 7月 3日（木）", "２０２５／７／３", "20250703",
    "2025-07-03T09:30:00+09:00", "2025-07-03 09:30", "2025-07-03 09:30:00 +0900", "2025-07-03T00:30:00.000Z",
    "2025/7/3 (木)", "2025年7月3日 午後3時", "2025年7月3日(木)10時30分", "2025-07-03 3:45 PM", "2025-07-03 09:30 JST",
    "令和7年7月3日", "令和７年７月３日（木）", "R7.7.3", "r07/07/03", "㋿7年7月3日",
    "令和七年七月三日", "二〇二五年七月三日",
    "Jul 3, 2025", "July 3rd, 2025", "3 July 2025", "3-Jul-2025", "03-Jul-25", "Thu, 3 Jul 2025 09:30:00 +0900",
    "Thu Jul 3 09:30:00 2025", "2025-Jul-03", "3.7.2025", "03.07.2025 09:30",
)  # fmt: skip
ERAS = [("令和元年5月1日", date(2019, 5, 1)), ("H31.4.30", date(2019, 4, 30)), ("昭和64年1月7日", date(1989, 1, 7))]


@pytest.mark.parametrize("text", FORMS)
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    assert read_day(text) == date(2025, 7, 3)


@pytest.mark.parametrize(("text", "day"), ERAS)
def test_a_year_of_an_era_is_one_of_the_calendar(text: str, day: date) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("3/4/2025", "month-first", date(2025, 3, 4)),
        ("3/4/2025 10:00", "day-first", date(2025, 4, 3)),
        ("25/4/2025", "", date(2025, 4, 25)),
        ("4/4/2025", "", date(2025, 4, 4)),
    ],
)
def test_the_order_of_day_and_month_is_given_or_leaves_no_doubt(text: str, order: Order, day: date) -> None:
    assert read_day(text, order) == day


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("2025年7月", "has no day"), ("2025-07", "has no day"), ("令和7年7月", "has no day"), ("25/7/3", "two digits"),
        ("3/4/2025", "leaves open"), ("2025-02-30", "not a valid date"), ("来週の金曜", "not a valid date"),
        ("2025-07-031", "not a valid date"), ("2025-07-03 → 2025-07-05", "not a valid date"),
        ("0025-07-03", "the year 25"), ("9" * 5000, "not a valid date"),
    ],
)  # fmt: skip
def test_what_is_not_one_day_says_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(DayError, match=advice):
        read_day(text)


@given(st.dates(date(2019, 5, 1), date(2100, 12, 31)), st.times())
def test_every_day_is_read_back_from_any_form(day: date, time: object) -> None:
    era = f"令和{day.year - 2018}年{day.month}月{day.day}日"
    forms = (day.isoformat(), f"{day.isoformat()}T{time}Z", era, f"{day:%d %B %Y}", f"{day:%b} {day.day}, {day.year}")
    assert {read_day(text) for text in forms} == {day}


@given(st.text(alphabet="0123456789/-.年月日元令和RrJulT: +(金)", max_size=40))
def test_any_text_is_a_day_or_refused(text: str) -> None:
    try:
        assert 1950 <= read_day(text).year <= 2100
    except DayError as error:
        assert error.sentence
