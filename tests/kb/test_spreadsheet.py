"""A table opens in a spreadsheet as it is meant: Japanese as Japanese, and no text as a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.spreadsheet import BOM, table


def _read(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8").removeprefix(BOM), newline="")))


def test_a_table_says_that_it_is_utf_8_and_ends_lines_as_excel_does() -> None:
    raw = table(["題名", "金額"], [["青葉, 精工", 480], [None, 0]])
    assert raw.startswith(BOM.encode()) and raw.count(b"\r\n") == 3
    assert _read(raw) == [["題名", "金額"], ["青葉, 精工", "480"], ["", "0"]]


@pytest.mark.parametrize("text", ["=1+1", "+81", "-5%", "@cmd", "＝A1", " \t=1", "－3"])
def test_a_text_that_looks_like_a_formula_is_text(text: str) -> None:
    assert _read(table(["a"], [[text]]))[1] == [f"'{text}"]


def test_a_number_below_zero_stays_a_number() -> None:
    assert _read(table(["a"], [[-5]]))[1] == ["-5"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\x00"), min_size=1))
def test_any_text_comes_back_with_no_more_than_an_apostrophe(text: str) -> None:
    assert _read(table(["a", "b"], [[text, "x"]]))[1] in ([text, "x"], [f"'{text}", "x"])
