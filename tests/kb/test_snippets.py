"""A snippet shows why a passage was found, and never cuts a character in two."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.index.analysis import terms
from kb.index.plain import plain
from kb.search.snippets import SNIPPET_CHARS, make_snippet

_LETTERS = st.sampled_from(
    [
        "値引き",
        "価格",
        "か\u3099",
        "e\u0301",
        "👩\u200d💻",
        "👍🏽",
        "क\u093f",
        "が",
        "word ",
        "GL-200 ",
        "。",
        "| ",
        "**",
        "- ",
        "\n",
    ]
)
_PASSAGES = st.lists(_LETTERS | st.text(max_size=5), max_size=150).map("".join)
_TERMS = tuple(terms("値引き 価格 word GL-200"))


@given(_PASSAGES, st.sampled_from(["ja", "en"]))
def test_highlights_lie_inside_the_text_in_order_and_do_not_touch(passage: str, language: str) -> None:
    snippet = make_snippet(passage, _TERMS, language)
    ends = [0, *(place for pair in snippet.highlights for place in pair), len(snippet.text)]
    assert ends == sorted(ends)
    assert all(start < end for start, end in snippet.highlights)


@given(_PASSAGES, st.sampled_from(["ja", "en"]))
def test_a_snippet_is_a_piece_of_the_passage_and_not_much_longer_than_it_may_be(passage: str, language: str) -> None:
    text = make_snippet(passage, _TERMS, language).text
    whole = plain(passage)
    assert text.removeprefix("…").removesuffix("…") in whole or text in whole
    assert len(text) <= SNIPPET_CHARS[language] + 40


@given(_PASSAGES)
def test_no_combined_character_is_cut(passage: str) -> None:
    whole, text = plain(passage), make_snippet(passage, _TERMS).text
    if text == whole:
        return
    kept = text.removesuffix("…") if text.endswith("…") else text
    kept = kept.removeprefix("…")
    at = whole.find(kept)
    for cut in (at, at + len(kept)):
        if 0 < cut < len(whole):
            assert not unicodedata.category(whole[cut]).startswith("M")
            assert whole[cut] != "\u200d"
            assert whole[cut - 1] != "\u200d"


def test_the_window_holds_the_words_that_were_asked_for() -> None:
    passage = "前置き。" * 60 + "最後に値引きの話をした。" + "後書き。" * 60
    snippet = make_snippet(passage, terms("値引き"))
    [(start, end)] = snippet.highlights
    assert snippet.text[start:end] == "値引き"
    assert snippet.text.startswith("…")
    assert snippet.text.endswith("…")


def test_a_short_passage_is_shown_whole() -> None:
    assert make_snippet("短い文。", ()).text == "短い文。"


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("## 見出し\n- **太字** と `code`", "見出し 太字 と code"),
        ("| a | b |\n| --- | :-: |\n| 1 | 2 |", "a | b / 1 | 2"),
        ("[資料](https://example.com/a_b) を送る", "資料 を送る"),
        ("1. 一\n2. 二\n> 引用", "一 二 引用"),
        ("- [x] 済み", "済み"),
        ("3-5 snake_case 2 * 3", "3-5 snake_case 2 * 3"),
    ],
)
def test_markup_is_no_part_of_a_snippet(markdown: str, words: str) -> None:
    assert plain(markdown) == words


def test_neighbouring_words_are_marked_as_one() -> None:
    assert make_snippet("Proof of ROI", terms("proof roi")).highlights == ((0, 5), (9, 12))
    assert make_snippet("値引き交渉", terms("値引き 交渉")).highlights == ((0, 5),)


def test_a_part_of_a_code_is_marked_with_the_code() -> None:
    snippet = make_snippet("型番 GL-200 の話", terms("200"))
    assert [snippet.text[a:b] for a, b in snippet.highlights] == ["GL-200"]


def test_a_passage_is_one_line_of_words_without_signs() -> None:
    passage = (
        "## 見出し\n\n> 引用\n- [x] 済み\n1. 一つめ\n\n| 社名 | 率 |\n|:--- | --: |\n| A社 | **3割** |\n[話](a.md)"
    )
    assert plain(passage) == "見出し 引用 済み 一つめ 社名 | 率 / A社 | 3割 話"


@pytest.mark.parametrize("blank", ["\n", " ", " \n", "- ", "| ", "--", ":-"])
def test_a_passage_of_nothing_but_one_sign_is_read_at_once(blank: str) -> None:
    assert "終わり" in plain(blank * 200_000 + "終わり")


def test_the_sentence_nearest_in_meaning_is_shown_where_no_words_say_otherwise() -> None:
    text = "前置きの話が続く。" * 20 + "導入後の支えは専任が受け持つ。" + "締めの話が続く。" * 20
    shown = make_snippet(text, (), "ja", (), "導入後の支えは専任が受け持つ。").text
    assert "導入後の支えは専任が受け持つ。" in shown
    assert "専任" not in make_snippet(text, (), "ja", ()).text


def test_words_that_stand_together_outweigh_the_nearest_sentence() -> None:
    near = "導入後の支えは専任が受け持つ。"
    text = "価格と値引きと稟議の話。" + "間の話が続く。" * 30 + near + "締めの話が続く。" * 20
    shown = make_snippet(text, ("価格", "値引き", "稟議"), "ja", sentence=near).text
    assert "価格" in shown
