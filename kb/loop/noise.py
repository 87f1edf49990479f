"""Searches that say nothing about what is missing: typed by accident, or on the way to another search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from kb.index.analysis import fold
from kb.loop.activity import Searched

ON_THE_WAY = timedelta(seconds=90)  # between a word and the longer one it became
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
RUN = 3  # neighbouring keys in a row, at every place of a word: nobody means to type that
LONG_WORD = 6  # letters; without a vowel it is no word
_TYPED_TO_TRY = """
    test testtest テスト テストテスト hoge hogehoge ホゲ ホゲホゲ fuga フガ piyo ピヨ foo bar baz foobar xyzzy dummy
    ダミー lorem hello helloworld コンニチハ アイウエオ イロハ abc abcd
"""
PLACEHOLDERS = frozenset(_TYPED_TO_TRY.split())  # as they sound, without marks and blanks
_LETTERS = re.compile(r"[\W_]+")
_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}  # from hiragana


def is_noise(query: str) -> bool:
    """Whether a query is no question: one letter, one letter repeated, keys struck at random, or typed as a trial."""
    folded = fold(query).strip()
    letters = _LETTERS.sub("", folded)
    if len(set(letters)) < 2 or _sound(letters) in PLACEHOLDERS or letters.startswith("loremipsum"):
        return True
    if " " in folded or not letters.isascii():
        return False
    if letters.isalpha() and len(letters) >= LONG_WORD and not set(letters) & set("aeiouy"):
        return True
    runs = (letters[at : at + RUN] for at in range(len(letters) - RUN + 1))
    return len(letters) > RUN and all(map(_is_run, runs))


def on_the_way(searches: Sequence[Searched]) -> set[str]:
    """Return the ids of searches that the same person continued with a longer wording a moment later."""
    found: set[str] = set()
    last: dict[str, Searched] = {}
    for search in sorted(searches, key=lambda search: search.at):
        before = last.get(search.asker)
        if before and _continues(before, search):
            found.add(before.id)
        last[search.asker] = search
    return found


def _continues(before: Searched, search: Searched) -> bool:
    first, second = _sound(before.query), _sound(search.query)
    waited = datetime.fromisoformat(search.at) - datetime.fromisoformat(before.at)
    return len(first) < len(second) and second.startswith(first) and waited < ON_THE_WAY


def _sound(query: str) -> str:
    """Return a query as it sounds: kana may not be converted yet."""
    return fold(query).translate(_KATAKANA)


def _is_run(keys: str) -> bool:
    return any(keys in row or keys[::-1] in row for row in ROWS)
