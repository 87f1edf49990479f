"""Amounts are read alike in files, forms, imports and targets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.words.reader import Reader
from kb.money import Money, MoneyError, find_money, money_note, read_money


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("2億4,000万円", (240_000_000, "JPY")), ("1億2,000万5,000円", (120_005_000, "JPY")),
        ("3千万", (30_000_000, None)), ("300まん", (3_000_000, None)), ("1おく2,000まん円", (120_000_000, "JPY")),
        ("約300万円", (3_000_000, "JPY")), ("およそ2億円", (200_000_000, "JPY")), ("about $48K", (48_000, "USD")),
        ("1200万円くらい", (12_000_000, "JPY")), ("50万程度", (500_000, None)),
        ("1.054億", (105_400_000, None)), ("1,5億円", (150_000_000, "JPY")), ("2兆円", (2 * 10**12, "JPY")),
        ("$48K", (48_000, "USD")), ("1.2M EUR", (1_200_000, "EUR")), ("1.2MUSD", (1_200_000, "USD")),
        ("US$ 55 779,40", (55_779, "USD")), ("\\1,054", (1_054, "JPY")), ("£5", (5, "GBP")),
        ("JPY1,000", (1_000, "JPY")), ("1000 usd", (1_000, "USD")), ("CHF 12", (12, "CHF")),
        ("△300万円", (-3_000_000, "JPY")), ("▲1,200", (-1_200, None)), ("-5", (-5, None)), ("(¥500)", (-500, "JPY")),
        ("¥-5,000", (-5_000, "JPY")), ("¥1,200-", (1_200, "JPY")), ("1,200円也", (1_200, "JPY")),
        ("一千二百万円", (12_000_000, "JPY")), ("二億四千万円", (240_000_000, "JPY")), ("百万円", (1_000_000, "JPY")),
        ("8百万円(税抜)", (8_000_000, "JPY")), ("90万円+税", (900_000, "JPY")), ("税込 2,500千円", (2_500_000, "JPY")),
        ("１，２００万円", (12_000_000, "JPY")), ("¥1,200円", (1_200, "JPY")), ("0.5", (1, None)),
    ],
)  # fmt: skip
def test_an_amount_is_read_with_unit_and_currency(text: str, money: Money) -> None:
    assert read_money(text) == money
    assert read_money(text, is_strict=True) == money


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1.054", 1_054), ("1,2345", 12_345), ("1,05,4", 1_054), ("1200,", 1_200), ("1,2345.6", 12_346)],
)
def test_doubtful_separators_are_thousands_to_a_person_and_refused_from_a_table(text: str, amount: int) -> None:
    assert read_money(text)[0] == amount
    with pytest.raises(MoneyError):
        read_money(text, is_strict=True)


@pytest.mark.parametrize(
    "text", ["", "-", "()", "--5", "約", "4万2億", "2万3万", "5 MQLs", "9" * 16, "1.2.3", "月額10万円", "3〜5万円"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        read_money(text)


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("2億4,000万円", (240_000_000, "JPY")), ("2026年度に約3億円以上", (300_000_000, "JPY")),
        ("年間2億円、うち新規1億円", (200_000_000, "JPY")), ("$1,200,000 by March", (1_200_000, "USD")),
        ("1000 eur", (1_000, "EUR")), ("240000000", (240_000_000, None)), ("今期", None), ("12 MQL", (12, None)),
    ],
)  # fmt: skip
def test_a_target_is_the_amount_its_sentence_speaks_of(text: str, money: Money | None) -> None:
    assert find_money(text) == money


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("80万円（税抜）", "税抜"),
        ("80万円 税込", "税込"),
        ("80万円", ""),
        ("80万円+税", "+税"),
        ("約80万円(税抜)", "約 税抜"),
    ],
)
def test_a_remark_on_taxes_is_kept_beside_the_amount(text: str, note: str) -> None:
    assert money_note(text) == note


@pytest.mark.parametrize(
    ("text", "word"),
    [("月額8万円", "per month"), ("8万円/年", "per month"), ("5〜8万円", "range"), ("5万円から8万円", "range")],
)
def test_what_is_more_than_one_amount_says_what_to_write(text: str, word: str) -> None:
    with pytest.raises(MoneyError, match=word):
        read_money(text)


@pytest.mark.parametrize("locale", ["ja", "en"])
@given(amount=st.integers(1, 10**10).map(lambda n: n * 10_000))
def test_every_amount_the_pages_show_is_read_back(locale: str, amount: int) -> None:
    shown = Reader.of(locale).money(amount)
    assert read_money(shown) == find_money(shown) == (amount, "JPY")
