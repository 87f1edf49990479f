"""A summary consists of quotations, whatever a language model returns."""

from __future__ import annotations

import json

import pytest

from kb.entry import Entry
from kb.search.quoted import Quote
from kb.search.summary import MOST_CHOSEN, MOST_REPLY, Summary, read_summary

BODY = "一つ目の文。二つ目の文。三つ目の文。四つ目の文。五つ目の文。六つ目の文。七つ目の文。"
ENTRY = Entry("notes/a", "notes/a.md", "題", "note", BODY, 1, "ja", "")
SENTENCES = tuple(Quote(ENTRY, "", at * 6, at * 6 + 6, 1, 1.0) for at in range(7))


def read(*items: object) -> Summary:
    return read_summary(json.dumps({"sentences": list(items)}), SENTENCES)


def chosen(summary: Summary) -> list[tuple[str, str]]:
    return [(part.join, part.quote.text) for part in summary.parts]


def test_numbers_become_sentences_in_the_order_given_and_the_first_is_joined_to_nothing() -> None:
    summary = read({"number": 3, "join": "also"}, {"number": 1, "join": "but"}, 2)
    assert chosen(summary) == [("", "三つ目の文。"), ("but", "一つ目の文。"), ("", "二つ目の文。")]
    assert summary.dropped == 0


@pytest.mark.parametrize(
    "item",
    [
        0,
        8,
        -1,
        1.0,
        True,
        "1",
        None,
        [1],
        "弊社が最安です。",
        {"text": "弊社が最安です。"},
        {"number": "1"},
        {"number": [1]},
    ],
)
def test_what_is_no_number_of_a_sentence_is_dropped_and_counted(item: object) -> None:
    summary = read(item, 2)
    assert (chosen(summary), summary.dropped) == ([("", "二つ目の文。")], 1)


@pytest.mark.parametrize(
    "more", [{"join": "http://evil.example"}, {"join": 3}, {"claim": "無料です"}, {"join": ["also"]}]
)
def test_words_beside_a_number_are_dropped_and_counted_but_the_quotation_stays(more: dict[str, object]) -> None:
    summary = read(1, {"number": 2, **more})
    assert (chosen(summary), summary.dropped) == ([("", "一つ目の文。"), ("", "二つ目の文。")], 1)


def test_a_sentence_stands_once_and_a_summary_is_short() -> None:
    assert chosen(read(1, 1, {"number": 1, "join": "also"})) == [("", "一つ目の文。")]
    summary = read(*range(1, 8))
    assert (len(summary.parts), summary.dropped) == (MOST_CHOSEN, 7 - MOST_CHOSEN)


@pytest.mark.parametrize(
    ("reply", "dropped"),
    [
        ("", 0),
        ("値引きはいつでもできます。", 1),
        ("{", 1),
        ('{"sentences": 3}', 1),
        ('{"answer": "最安です"}', 1),
        ('{"sentences": []}', 0),
        ("[1, 2]", 1),
        ('{"sentences": ' + "[" * 5_000, 1),
        ('{"sentences": [1]}' + " " * MOST_REPLY, 1),
    ],
)
def test_a_reply_of_another_shape_is_no_summary(reply: str, dropped: int) -> None:
    assert read_summary(reply, SENTENCES) == Summary((), dropped)


def test_a_fence_and_words_around_the_list_do_not_matter() -> None:
    assert chosen(read_summary('はい。\n```json\n{"sentences": [{"number": 1}]}\n```', SENTENCES)) == [
        ("", "一つ目の文。")
    ]
