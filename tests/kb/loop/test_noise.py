"""What people typed by accident, or on the way to something else, is no need."""

from __future__ import annotations

import pytest

from kb.loop.activity import Searched
from kb.loop.noise import is_noise, on_the_way


@pytest.mark.parametrize(
    "query", ["asdfgh", "ASDF", "qwerty", "あ", "x", "あああああ", "???", "zzzz", "12345", "ｑｗｅｒ", "dfgkjhb"]
)
def test_keys_struck_at_random_are_noise(query: str) -> None:
    assert is_noise(query)


@pytest.mark.parametrize(
    "query", ["テスト", "てすと", "test test", "ほげほげ", "foo bar", "Hello, world", "lorem ipsum dolor", "ＴＥＳＴ"]
)
def test_what_is_typed_to_try_the_box_is_noise(query: str) -> None:
    assert is_noise(query)


@pytest.mark.parametrize(
    "query",
    [
        "A/Bテスト",
        "受け入れテスト",
        "価格",
        "高い",
        "ROI",
        "SSO",
        "GL-200",
        "HTTPS",
        "tree",
        "power",
        "2026",
        "zzz qqq xxx",
        "NPS",
        "棟梁",
        "TCO 2026",
    ],
)
def test_words_are_not(query: str) -> None:
    assert not is_noise(query)


def _typed(*typed: tuple[str, int], asker: str = "a") -> list[Searched]:
    return [
        Searched(f"s{n}", f"2026-11-20T10:00:{at:02}+00:00", query, asker=asker) for n, (query, at) in enumerate(typed)
    ]


def test_a_word_on_the_way_to_a_longer_one_is_no_search_of_its_own() -> None:
    assert on_the_way(_typed(("さぽ", 1), ("サポート", 20), ("サポート体制", 50))) == {"s0", "s1"}
    assert on_the_way(_typed(("価格", 1), ("監査", 3))) == set()
    assert on_the_way(_typed(("価格 高い", 1), ("価格", 3))) == set()
    assert on_the_way([*_typed(("価格", 1)), *_typed(("価格 高い", 3), asker="b")]) == set()


def test_who_comes_back_later_asks_anew() -> None:
    later = Searched("s9", "2026-11-20T10:09:00+00:00", "価格 高い", asker="a")
    assert on_the_way([*_typed(("価格", 1)), later]) == set()
