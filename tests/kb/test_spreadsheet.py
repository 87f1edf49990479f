"""A table opens as it is meant: no text of a cell becomes a formula, and numbers stay numbers."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.spreadsheet import table

UNSEEN = ("", " ", "\t", "\r", "\n", "\r\n", "\u00a0", "\u3000", "\ufeff", "\u200b", "\u200d", "\u2060", "\u00ad",
          "\u202e", "\u3164", "\u2800", "\x00", "\x1b", "\u034f", "\ufe0f", " \u200b\t\ufeff")  # fmt: skip
STARTS = "=+-@＝＋－＠﹦﹢﹣﹫"


def _read(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("unseen", UNSEEN)
@pytest.mark.parametrize("start", STARTS)
def test_a_formula_is_defused_whatever_stands_before_it_unseen(unseen: str, start: str) -> None:
    formula = f"{unseen}{start}HYPERLINK(1)"
    assert _read(table([formula], [[formula]])) == [[f"'{formula}"], [f"'{formula}"]]


@pytest.mark.parametrize("number", ["-5", "-1,200", "-12.5", "-3%", "-0.25%"])
def test_a_negative_number_stays_a_number(number: str) -> None:
    assert _read(table(["a"], [[number]]))[1] == [number]
    assert _read(table(["a", "b"], [[-5, -0.5]]))[1] == ["-5", "-0.5"]


@pytest.mark.parametrize(
    "text", ["-5+cmd|' /C calc'!A0", "-1-1", "-", "-a", "-5 ", "－5", "-５", "+81 3 0000 0000", "-\n5"]
)
def test_what_merely_looks_like_a_number_is_defused(text: str) -> None:
    assert _read(table(["a"], [[text]]))[1] == [f"'{text}"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="=+-@＝＋－＠﹦﹢﹣﹫"), min_size=1))
def test_other_text_stays_as_it_is(text: str) -> None:
    assert _read(table(["a"], [[text, ""]]))[1][0].lstrip("'") == text.lstrip("'")
