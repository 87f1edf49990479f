"""A row of a table is read without its bars."""

from __future__ import annotations

import pytest

from kb.index.tables import heads_above, row_in_words

TABLE = "前の文。\n\n| 競合 | 価格 |\n| :-- | --: |\n| タスキナ | **900円** |\n| 他社 | |\n"


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        (TABLE, "| タスキナ | **900円** |", "競合: タスキナ / 価格: 900円"),
        (TABLE, "| 他社 | |", "競合: 他社"),
        ("| | 価格 |\n|---|---|\n| A社 | 900円 |", "| A社 | 900円 |", "A社 / 価格: 900円"),
        ("| a | b |\n| --- | --- |\n| 1 | 2 | 3 |", "| 1 | 2 | 3 |", "a: 1 / b: 2 / 3"),
        ("> | a |\n> | --- |\n> | 1 |", "| 1 |", "a: 1"),
        ("| 頭のない | 行 |", "| 頭のない | 行 |", "頭のない / 行"),
        ("| a |\n| --- |\n| 1 |\n\n文\n| 2 |", "| 2 |", "2"),
        ("| 式 |\n| --- |\n| a \\| b |", "| a \\| b |", "式: a ¦ b"),
    ],
)
def test_each_cell_stands_after_the_head_of_its_column(text: str, row: str, words: str) -> None:
    assert row_in_words(row, heads_above(text, text.index(row))) == words
