"""Values are understood in the ways people write them, Japanese and English."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import fields
from ingest.fields import FieldError
from kb.choices import CHOICES
from kb.playbook import Term, Vocabulary


@pytest.mark.parametrize(
    "text",
    ["2026-09-18", "2026/9/18", "2026.09.18", "2026年9月18日", "2026年 9月 18日", "2026-09-18T10:00", "2026/9/18 (金)"],
)
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    assert fields.to_date(text) == date(2026, 9, 18)


@pytest.mark.parametrize("text", ["2026-13-01", "2026-02-30", "来週", "2026-9", "2026-09-181", "0000-01-01"])
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(FieldError, match="2026年9月18日"):
        fields.to_date(text)


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_every_day_is_read_back_from_its_iso_form(day: date) -> None:
    assert fields.to_date(day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "count"),
    [("120", 120), ("1,200", 1200), ("120名", 120), ("45 days", 45), ("1.5万人", None), ("3万件", 30_000)],
)
def test_a_count_is_a_whole_number_with_or_without_its_unit(text: str, count: int | None) -> None:
    if count is None:
        with pytest.raises(FieldError):
            fields.to_count(text)
    else:
        assert fields.to_count(text) == count


@pytest.mark.parametrize("text", ["-3", "many", "12abc", "", "9" * 16])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        fields.to_count(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,200万円", (12_000_000, "JPY")),
        ("¥1,200,000", (1_200_000, "JPY")),
        ("12000000", (12_000_000, None)),
        ("1.5億円", (150_000_000, "JPY")),
        ("$48,000", (48_000, "USD")),
        ("3百万円", (3_000_000, "JPY")),
        ("2.3億", (230_000_000, None)),
    ],
)
def test_an_amount_is_read_with_its_currency(text: str, amount: tuple[int, str | None]) -> None:
    assert fields.to_money(text) == amount


@pytest.mark.parametrize("text", ["未定", "1200万円以上", "高め", "9" * 20])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        fields.to_money(text)


def test_a_list_may_be_one_text_with_commas_and_keeps_each_value_once() -> None:
    assert fields.to_texts("価格、ROI, 価格") == ("価格", "ROI")
    assert fields.to_texts(["価格", "", "ROI"]) == ("価格", "ROI")


def test_a_list_of_hundreds_is_a_mistake() -> None:
    with pytest.raises(FieldError, match="at most"):
        fields.to_texts([str(n) for n in range(101)])


@pytest.mark.parametrize(
    ("text", "kind"), [("商談", "deal"), ("DEAL", "deal"), ("営業トーク", "talk-track"), (" Note ", "note")]
)
def test_a_choice_is_found_by_any_spelling(text: str, kind: str) -> None:
    assert fields.to_choice(text, CHOICES["kind"]) == kind


def test_an_unknown_choice_is_answered_with_the_nearest() -> None:
    with pytest.raises(FieldError, match="Did you mean 'won'"):
        fields.to_choice("wonn", CHOICES["outcome"])


@pytest.mark.parametrize("text", ["deals/acme", "deals/acme.md", "./deals/acme.md", "entries/deals/acme.md"])
def test_an_entry_is_named_by_path_or_id(text: str) -> None:
    assert fields.entry_id(text) == "deals/acme"


def test_terms_become_keys_and_unknown_ones_sentences() -> None:
    words = Vocabulary.of([Term("roi-proof", "投資対効果", "Proof of ROI", ("ROI",))])
    keys, unknown = fields.to_terms(["roi", "ROI", "ROIs"], words)
    assert keys == ("roi-proof",)
    assert unknown == [
        "'ROIs' is not in the playbook. Did you mean 'roi-proof'? See playbook.yaml for the allowed values."
    ]
