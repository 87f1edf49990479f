"""What was mistyped is searched for as it was meant; what stands in the base, and codes, are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.library import make_library
from app.settings import Settings
from ingest.sync import sync
from kb.index.sounds import sound, to_katakana
from kb.index.vocabulary import read_vocabulary
from kb.library import Library
from kb.search.query import MAX_QUERY_CHARS, parse_query
from kb.search.spelling import Speller
from tests.counting import counting
from tests.engines import Engines
from tests.words import WordEmbedder, note, write

BODIES = {
    "price": "価格が高いと言われたら、費用対効果を示す。補助金の資料も渡す。",
    "audit": "監査の前に工場見学を勧める。担当者の異動が決まった。機械の稼働率。",
    "rival": "帳票ポートとタスキナに勝った。工程ナビットは固定の帳票だけ。",
    "safety": "ヒヤリハットをタブレットで集めるウェビナー。セキュリティ審査。ビル管理。",
    "english": "Procurement asked for a discount. Kurogane Works, Harborline cold storage. GL-200. Carry on.",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("base")
    for name, body in BODIES.items():
        write(folder / "entries", f"notes/{name}.md", note(f"記録 {name}", body))
    settings = Settings(entries=folder / "entries", data=folder / "var", **engines.settings())
    library = make_library(settings, WordEmbedder())
    library.with_index(partial(sync, folder=folder / "entries"))
    library.refresh()
    yield library
    library.close()


@pytest.fixture(scope="module")
def speller(library: Library) -> Speller:
    catalog = library.with_index(lambda index: index.catalog)
    vocabulary = read_vocabulary(catalog, "1")
    return Speller(catalog, lambda: vocabulary, lambda word: False)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("かかくが たかい", "価格が たかい"),
        ("ひようたいこうか", "費用対効果"),
        ("こうじょうけんがく", "工場見学"),
        ("ちょうひょうポート", "帳票ポート"),
        ("kakaku", "価格"),
        ("tasukina", "タスキナ"),
        ("kouteinabitto", "工程ナビット"),
        ("かかkう", "価格"),
        ("kakaku wo iwareta", "価格 を いわれた"),
        ("kakaku to discount", "価格 と discount"),
        ("ほじょきn", "補助金"),
        ("たsukina", "タスキナ"),
        ("ウエビナー", "ウェビナー"),
        ("タスキーナ", "タスキナ"),
        ("ｾｷﾕﾘﾃｨ", "セキュリティ"),
        ("ヒアリハット", "ヒヤリハット"),
        ("感査", "監査"),
        ("保助金", "補助金"),
        ("工場件学", "工場見学"),
        ("担当者の移動", "担当者の異動"),
        ("procurment", "Procurement"),
        ("dicsount", "discount"),
        ("discountt", "discount"),
        ("Kurogne Works", "Kurogane Works"),
        ("harborlime storage", "Harborline storage"),
        ('かかく -タスキナ "cold storage"', '価格 -タスキナ "cold storage"'),
    ],
)
def test_a_mistyped_word_is_searched_for_as_it_was_meant(speller: Speller, typed: str, meant: str) -> None:
    query = speller.corrected(parse_query(typed))
    assert (query.corrected, query.text) == (meant, " ".join(typed.split()))
    assert query.terms == parse_query(meant).terms


@pytest.mark.parametrize(
    "typed",
    [
        "価格 高い",
        "機会損失",  # 機械 sounds the same, but never stands beside 損失
        "製菓",  # a word of its own
        "GL-201",
        "GL201",
        "D-0105",
        "ビール工場",  # ビル but for its length
        "消えた案件",
        "human",
        "curry",
        "react",
        "index",
        "refuses",
        '"かかく"',
        "-かかく 価格",
        "「かかく」",
        "よその会社",
        "いいね",
        "",
        "😀",
    ],
)
def test_words_and_codes_are_left_alone(speller: Speller, typed: str) -> None:
    speller = replace(speller, is_word=lambda word: word == "react")
    assert speller.corrected(parse_query(typed)).corrected == ""


@pytest.mark.parametrize(
    ("typed", "endings"), [("価格 ヒヤリハ", "ヒヤリハット"), ("procure", "procurement"), ("査", "監査")]
)
def test_the_last_word_may_be_half_typed(speller: Speller, typed: str, endings: str) -> None:
    query = speller.corrected(parse_query(typed))
    assert query.half_typed == typed.split()[-1]
    assert (endings,) in query.synonyms[-1].spellings


def test_only_the_last_word_may_be_half_typed(speller: Speller) -> None:
    assert speller.corrected(parse_query("procure 価格")).half_typed == ""


@given(st.text(st.sampled_from("かきくヒャリハッ価格監査abko-ー 「」\"'"), max_size=40))
def test_any_query_can_be_corrected_and_is_then_sound(speller: Speller, text: str) -> None:
    query = parse_query(text)
    meant = speller.corrected(query)
    assert meant.text == query.text
    assert (meant.phrases, meant.excluded) == (query.phrases, query.excluded)
    assert speller.corrected(parse_query(meant.corrected)).corrected == "" or meant.corrected == ""


def test_a_question_that_corrections_make_too_long_stays_as_it_was_typed(speller: Speller) -> None:
    """Nobody is told that a question of less than the most characters has too many."""
    assert speller.corrected(parse_query("procurment")).corrected == "Procurement"
    query = parse_query("procurment " * (MAX_QUERY_CHARS // len("procurment ")))
    assert speller.corrected(query).corrected == ""


def test_a_word_that_is_repeated_is_corrected_once(speller: Speller) -> None:
    with counting(correcting=Speller._word) as counts:
        assert speller.corrected(parse_query("かんさ かんさ かんさ")).corrected == "監査 監査 監査"
    assert counts["correcting"] == 1


def test_an_answer_names_what_was_searched_for_and_can_be_taken_as_typed(library: Library) -> None:
    answer = library.search.answer("かんさ")
    assert answer.query.corrected == "監査"
    assert answer.hits[0].entry.id == "notes/audit"
    assert library.search.answer("かんさ", as_typed=True).query.corrected == ""


def test_words_of_a_saved_entry_are_known_at_once(tmp_path: Path, engines: Engines) -> None:
    settings = Settings(entries=tmp_path / "entries", data=tmp_path / "var", **engines.settings())
    write(settings.entries, "notes/first.md", note("記録", "最初の話。"))
    library = make_library(settings, WordEmbedder())
    sync_all = partial(sync, folder=settings.entries)
    library.with_index(sync_all)
    library.refresh()
    assert library.search.answer("かかく").query.corrected == ""
    write(settings.entries, "notes/second.md", note("記録", "価格の話。"))
    library.with_index(sync_all)
    library.refresh()
    assert library.search.answer("かかく").query.corrected == "価格"
    library.close()


def test_words_of_entries_a_server_hides_are_not_proposed(tmp_path: Path, engines: Engines) -> None:
    settings = Settings(entries=tmp_path / "entries", data=tmp_path / "var", visibility="sales", **engines.settings())
    write(settings.entries, "notes/first.md", note("記録", "価格の話。", visibility="marketing"))
    write(settings.entries, "notes/second.md", note("記録", "補助金の話。", visibility="sales"))
    library = make_library(settings, WordEmbedder())
    library.with_index(partial(sync, folder=settings.entries))
    library.refresh()
    assert [library.search.answer(text).query.corrected for text in ("かかく", "ほじょきん")] == ["", "補助金"]
    library.close()


def test_words_of_drafts_are_not_proposed(tmp_path: Path, engines: Engines) -> None:
    settings = Settings(entries=tmp_path / "entries", data=tmp_path / "var", **engines.settings())
    write(settings.entries, "notes/first.md", note("記録", "価格とウェビナーの話。", status="draft"))
    write(settings.entries, "notes/second.md", note("記録", "補助金の話。"))
    library = make_library(settings, WordEmbedder())
    library.with_index(partial(sync, folder=settings.entries))
    library.refresh()
    asked = ("かかく", "ウエビナー", "ウェビネー", "ほじょきん")
    assert [library.search.answer(text).query.corrected for text in asked] == ["", "", "", "補助金"]
    library.close()


def test_the_vocabulary_of_the_next_generation_is_the_one_read_anew(library: Library) -> None:
    catalog = library.with_index(lambda index: index.catalog)
    first = read_vocabulary(catalog, "1")
    assert replace(read_vocabulary(catalog, "2", first), generation="1") == first


@pytest.mark.parametrize(
    ("typed", "kana"),
    [
        ("かかkう", "カカク"),
        ("webina-", "ウェビナー"),
        ("かんさs", "カンサ"),
        ("procurement", ""),
        ("index", ""),
        ("価格", ""),
    ],
)
def test_kana_are_read_from_latin_letters(typed: str, kana: str) -> None:
    assert to_katakana(typed) == kana


def test_length_and_small_letters_do_not_change_a_sound() -> None:
    assert sound("セキュリティー") == sound("セキユリテイ")
    assert sound("トウキョウ") == sound("トキョ")
