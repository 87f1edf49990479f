"""What a Japanese playbook says in numbers, in English."""

from __future__ import annotations

import pytest

from app.words.agreed import in_english


@pytest.mark.parametrize(
    ("japanese", "english"),
    [
        ("月180件", "180 a month"), ("毎週20件以上", "20 a week or more"), ("四半期に12社", "12 a quarter"),
        ("2億4,000万円", "¥240,000,000"), ("年間1,000万円以上", "¥10,000,000 a year or more"),
        ("1営業日以内", "within 1 business day"), ("５営業日以内", "within 5 business days"),
        ("2時間以内", "within 2 hours"), ("60%以上", "60% or more"), ("8割", "80%"), ("28%", "28%"),
        ("受注商談の8割で1件以上", "at least 1 in 80% of won deals"),
        ("2026年4月〜2027年3月", "April 2026 – March 2027"),
        ("5%未満", "less than 5%"), ("", ""), ("12 a month", "12 a month"),
        ("営業", "Sales"), ("両チーム", "Both teams"),
    ],
)  # fmt: skip
def test_agreed_numbers_are_said_in_english(japanese: str, english: str) -> None:
    assert in_english(japanese) == english


@pytest.mark.parametrize("text", ["営業部長(連名)", "既存顧客の8割を月3回訪問", "2026年13月", "円", "月件"])
def test_what_is_more_than_a_number_stays_as_it_was_written(text: str) -> None:
    assert in_english(text) == text
