"""Every step that moved a hit is said in words: terms, other spellings, the best sentence, the balance, adjustments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.pages.why import words_of
from app.words.reader import Reader
from kb.search.answer import Adjustment, Why

PLAIN = Why(1, 3.0, ("tco",), (), 1, 0.85, 0.8, None, 0.0, exact_name=False, adjustments=())


@pytest.mark.parametrize(
    ("why", "ja", "en"),
    [
        (replace(PLAIN, other_spellings=("tco",)), "同じ意味で使われる「tco」", "“tco”, another spelling"),
        (replace(PLAIN, sentence_similarity=0.89), "全体よりも質問に近い一文", "closer to the question than the whole"),
        (replace(PLAIN, language_balance=0.02), "別の言語", "in the other language"),
        (replace(PLAIN, adjustments=(Adjustment("verified", 1.03),)), "確認済み", "verified"),
    ],
)
def test_every_step_that_moved_a_hit_is_said(why: Why, ja: str, en: str) -> None:
    for locale, said in (("ja", ja), ("en", en)):
        reader = Reader.of(locale)
        assert said in words_of(why, "good", reader) and said not in words_of(PLAIN, "good", reader)


def test_what_did_not_move_a_hit_is_not_said() -> None:
    lowered = replace(PLAIN, sentence_similarity=0.86, language_balance=-0.02)
    assert words_of(lowered, "good", Reader.of("en")) == words_of(PLAIN, "good", Reader.of("en"))
