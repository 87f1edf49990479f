"""Text becomes the same keywords however it is written, and each word knows its place."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.index import analysis
from kb.index.analysis import flat, fold, terms, words

_TOKEN = re.compile(r"[0-9a-z_\x80-\U0010ffff]+")
_MIXED = st.text(
    st.sampled_from("値引きハガガゲ①㍿ÀéſßİA1-._'’ 。「」\n가각\u3099\u0301😀") | st.characters(), max_size=80
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("見積り", "見積もり"),
        ("サーバー", "サーバ"),
        ("タスキナ", "タスキナ"),
        ("ROI", "ROI"),
        ("引き合い", "引合い"),
        ("Discounts", "discount"),
        ("companies", "company"),
        ("approving", "approved"),
        ("customer’s", "customer's"),
        ("organisation", "organizations"),
        ("organising", "organize"),
        ("colour", "colors"),
        ("behaviour", "behavior"),
        ("centre", "centers"),
        ("catalogued", "catalog"),
        ("analyses", "analysis"),
        ("analysing", "analyze"),
        ("shelves", "shelf"),
    ],
)
def test_two_spellings_of_a_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []


@pytest.mark.parametrize("code", ["GL-200", "gl200", "ＧＬ−２００", "GL‐200", "GL_200", "GL.200"])
def test_a_code_is_found_whole_and_in_parts(code: str) -> None:
    assert terms(code) == ["gl200", "gl", "200"]


@pytest.mark.parametrize("phone", ["03-5550-0142", "０３－５５５０－０１４２", "03.5550.0142"])
def test_a_phone_number_is_found_without_its_separators(phone: str) -> None:
    assert terms(phone)[0] == terms("0355500142")[0]


def test_points_and_dashes_between_digits_stay() -> None:
    assert terms("5.2 52 2026-04") == ["5_2", "52", "2026_04", "2026", "04"]


@pytest.mark.parametrize(
    "number", ["1,275万", "12750000", "１２７５万", "12,750,000", "1275万", "12.75百万", "0.1275億"]
)
def test_a_number_is_one_term_in_any_spelling(number: str) -> None:
    assert terms(number) == ["12750000"]


def test_lists_and_places_are_no_amounts() -> None:
    assert terms("1,2,3 3千葉 1.2,3") == ["1", "2", "3", "3", "千葉", "1_2", "3"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙橋", "高橋"),
        ("渡邊と渡邉", "渡辺と渡辺"),
        ("斉藤", "斎藤"),
        ("齋藤と齊藤", "斎藤と斎藤"),
        ("濵田と濱田", "浜田と浜田"),
        ("山﨑と山嵜", "山崎と山崎"),
        ("黒澤", "黒沢"),
        ("巖臺鑄造", "巌台鋳造"),
        ("瀨戶", "瀬戸"),
        ("旭ケ原", "旭ヶ原"),
        ("⼀⽇", "一日"),
        ("⻑⻘", "長青"),
        ("café façade", "cafe facade"),
        ("cafe\u0301", "cafe"),
        ("Straße", "strasse"),
        ("don’t", "dont"),
        ("per\u00adfor\u00admance", "performance"),
        ("ﾀﾌﾞﾚｯﾄ", "タブレット"),
        ("low-code", "lowcode low code"),
    ],
)
def test_variants_of_a_character_are_one(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []
    assert flat(one).replace("-", "") in flat(other) or "'" in flat(one)


def test_a_word_with_a_variant_is_cut_as_a_word() -> None:
    assert terms("一斉送信") == [fold("一斉"), "送信"]


def test_line_breaks_within_a_sentence_count_for_nothing_in_a_phrase() -> None:
    assert flat("監査の\n 記録　を exact  phrase") == "監査の記録をexact phrase"


def test_words_that_carry_no_meaning_are_left_out() -> None:
    assert terms("の は を です、the of and!") == []


def test_the_places_of_words_are_those_of_the_text_as_given() -> None:
    text = "㍿アクメの値引き、GL-200"
    found = [text[word.start : word.end] for word in words(text)]
    assert "値引き" in found
    assert "GL-200" in found


@given(_MIXED)
def test_places_lie_inside_the_text_in_order(text: str) -> None:
    found = list(words(text))
    assert all(0 <= word.start < word.end <= len(text) for word in found)
    assert [word.start for word in found] == sorted(word.start for word in found)


@given(_MIXED)
def test_every_term_is_one_token_of_the_keyword_index(text: str) -> None:
    assert all(_TOKEN.fullmatch(term) for term in terms(text))


@pytest.mark.parametrize("text", ["値引き" * 20_000, "a" * 100_000, "漢" * 60_000, "ー" * 60_000])
def test_a_text_far_above_the_limit_of_the_tokenizer_is_cut(text: str) -> None:
    assert all(terms(text))


def test_threads_may_analyse_at_once() -> None:
    expected = terms("競合は帳票ポート、価格で負けた")
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(terms("競合は帳票ポート、価格で負けた"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


@given(st.text(st.sampled_from("abcdeilnorstuy'"), max_size=12))
def test_a_stem_is_never_longer_than_its_word(word: str) -> None:
    assert len(analysis.stem(word)) <= len(word)
