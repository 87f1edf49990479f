"""A period is understood or refused, never kept as mere text."""

from __future__ import annotations

import pytest

from ingest.fields import FieldError, to_span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2026-11-05/2026-11-20", "2026-11-05/2026-11-20"),
        ("2026/11/5〜2026/11/20", "2026-11-05/2026-11-20"),
        ("2026/11/5から11/20", "2026-11-05/2026-11-20"),
        ("2026年11月5日〜20日", "2026-11-05/2026-11-20"),
        ("2026年11月5日(木)～11月20日(金)まで", "2026-11-05/2026-11-20"),
        ("2026-12-28 to 2027-01-05", "2026-12-28/2027-01-05"),
        ("2026年4月〜6月", "2026-04-01/2026-06-30"),
        ("2026年4月〜2027年3月", "2026-04-01/2027-03-31"),
        ("2026-02", "2026-02-01/2026-02-28"),
        ("2026-11-05", "2026-11-05"),
    ],
)
def test_a_period_is_read_as_people_write_it(text: str, span: str) -> None:
    assert to_span(text) == span


REFUSED = ["11/5から11/20", "上期", "2026-11-31/2026-12-05", "2026年13月", "2026-11-20/2026-11-05", "2026"]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        to_span(text)
