"""The situation is what a rep knows before the end: no outcome, no lesson."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.insight.situation import SITUATION_CHARS, names_end, situation_parts


def test_sections_on_lessons_and_ends_are_left_out() -> None:
    sections = [
        ("きっかけ", "夜勤の日報が紙だった。"),
        ("決め手", "班長の一言。"),
        ("次に使うこと", "電波を測る。"),
        ("What went wrong", "We were late."),
        ("Background", "Three depots, paper checks."),
    ]
    assert situation_parts(sections) == ("夜勤の日報が紙だった。", "Three depots, paper checks.")


def test_sentences_that_name_the_end_are_left_out_wherever_they_stand() -> None:
    told = situation_parts(
        [("経緯", "工場長と会った。4月に受注した。試行は二週間。They signed on Friday. It was raining.")]
    )
    assert told == ("工場長と会った。試行は二週間。It was raining.",)


def test_notes_of_lessons_only_are_taken_but_for_the_end() -> None:
    assert situation_parts([("反省", "電波を測らなかった。失注した。")]) == ("電波を測らなかった。",)


def test_no_notes_tell_nothing() -> None:
    assert situation_parts([]) == ()


@pytest.mark.parametrize("tag", ["受注", "失注", "won", "見送り"])
def test_a_tag_that_is_an_outcome_is_known_as_one(tag: str) -> None:
    assert names_end(tag)


@pytest.mark.parametrize("tag", ["価格", "試行", "wonder", "lossless", "cold storage"])
def test_other_tags_are_none(tag: str) -> None:
    assert not names_end(tag)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=300)), max_size=8))
def test_what_is_told_names_no_end_and_stays_short(sections: list[tuple[str, str]]) -> None:
    told = "".join(situation_parts(sections))
    assert len(told) <= SITUATION_CHARS
    assert all(character in "".join(text for _, text in sections) + "\n" for character in told)


@given(st.text(alphabet="あいう。\n", max_size=60), st.sampled_from(["受注した。", "失注。", "We lost. "]))
def test_adding_the_end_changes_nothing(text: str, end: str) -> None:
    assert situation_parts([("経緯", f"{text}\n{end}")]) == situation_parts([("経緯", f"{text}\n")])
