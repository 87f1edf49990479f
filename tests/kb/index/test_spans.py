"""Sentences are found where they stand in the Markdown of a passage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.index.plain import plain
from kb.index.spans import spans_of

_WORDS = ("価格が高い。", "**太字。**", "`code`", "「はい。」", "[リンク](a.md)", "One. Two? ", "e.g. ", "。", "！")
_PARTS = st.sampled_from((*_WORDS, "\n", "\n\n", "  ", "- ", "> ", "1. ", "| ", "| --- |", "## "))
_PASSAGES = st.lists(_PARTS | st.text(max_size=4), max_size=60).map("".join)


@pytest.mark.parametrize(
    ("passage", "quoted"),
    [
        ("一つ目の文。二つ目の文。", ["一つ目の文。", "二つ目の文。"]),
        ("折り返した\n一つの文。次の文。", ["折り返した\n一つの文。", "次の文。"]),
        ("**太字の文。**続きの文。", ["**太字の文。**", "続きの文。"]),
        ("普通の文。**太字の**文。", ["普通の文。", "**太字の**文。"]),
        ("「はい。」と答えた。", ["「はい。」と答えた。"]),
        ("[案内の文。続き](a.md)を送る。", ["[案内の文。続き](a.md)を送る。"]),
        ("- 項目その一\n- [ ] 項目その二\n  の続き", ["項目その一", "項目その二\n  の続き"]),
        ("> 引用した文。", ["引用した文。"]),
        ("| 名前 | 値 |\n| --- | --- |\n| 価格。安い | 900円 |", ["| 価格。安い | 900円 |"]),
        ("### 見出しの行\n本文の行", ["本文の行"]),
        ("First line\nwrapped here. Next one.", ["First line\nwrapped here.", "Next one."]),
    ],
)
def test_a_sentence_is_cut_where_a_reader_would(passage: str, quoted: list[str]) -> None:
    assert [passage[span.start : span.end] for span in spans_of(passage)] == quoted


@given(_PASSAGES)
def test_a_span_says_where_it_stands_in_the_markdown_and_in_the_plain_text(passage: str) -> None:
    ends = [0]
    for span in spans_of(passage):
        assert plain(passage[span.start : span.end]) == span.text
        assert plain(passage)[span.plain_start : span.plain_end] == span.text
        assert ends[-1] <= span.start < span.end
        ends.append(span.end)
