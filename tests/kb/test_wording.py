"""A sentence is its English text, and keeps what it was made of."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kb.wording import Sentence, from_json, say, to_json, together

_PLAIN = st.text(max_size=12) | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False)
SENTENCES = st.recursive(
    _PLAIN.map(lambda value: say("'{value}' is wrong.", value=value)),
    lambda inner: st.builds(lambda first, then: say("{first} {{then}} {then}", first=first, then=then), inner, inner),
    max_leaves=6,
)


def parts(value: Any) -> Any:
    """Everything a sentence is made of, with its type at each depth."""
    if not isinstance(value, Sentence):
        return value
    return value.pattern, {name: parts(inner) for name, inner in value.values.items()}


@given(SENTENCES)
def test_a_sentence_compares_hashes_and_prints_like_its_english(sentence: Sentence) -> None:
    english = "".join(sentence)
    assert type(english) is str
    assert sentence == english
    assert hash(sentence) == hash(english)
    assert f"{sentence}" == str(sentence) == english
    assert sorted([sentence, english + "!"]) == [english, english + "!"]


@given(SENTENCES)
def test_a_sentence_is_the_same_after_json_and_after_being_copied(sentence: Sentence) -> None:
    for again in (from_json(to_json(sentence)), copy.deepcopy(sentence), pickle.loads(pickle.dumps(sentence))):
        assert again == sentence
        assert parts(again) == parts(sentence)


@given(st.text())
def test_a_plain_text_stays_one(text: str) -> None:
    again = from_json(to_json(text))
    assert again == text
    assert not isinstance(again, Sentence)


@given(st.text())
def test_what_an_author_wrote_is_never_a_pattern(text: str) -> None:
    assert say("'{value}' is wrong.", value=text) == f"'{text}' is wrong."


def test_numbers_are_written_as_the_pattern_says() -> None:
    assert say("{count:,} of {size:.1f} MB", count=12_000, size=2.04) == "12,000 of 2.0 MB"


def test_sentences_stand_together_without_the_empty_ones() -> None:
    one, two = say("One."), say("Two {what}.", what="things")
    assert together(one, "", two) == "One. Two things."
    assert together("", one) is one
    assert together("", "") == ""
