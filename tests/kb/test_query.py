"""Whatever people type is a query, and its operators are understood."""

from __future__ import annotations

import re
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import QueryTooLongError
from kb.search.query import MAX_QUERY_CHARS, Filters, parse_query

_ANY = st.text(st.characters(exclude_categories=[]), max_size=MAX_QUERY_CHARS)
_OPERATORS = st.lists(
    st.sampled_from(
        [
            "AND",
            "OR",
            "NOT",
            "NEAR(",
            ")",
            '"',
            "“",
            "「",
            "」",
            "-",
            "−",
            "*",
            "^",
            ":",
            "title:",
            "値引き",
            "a",
            " ",
            "\x00",
            "\ud800",
            "\u200b",
            "😀",
            "'",
            ";--",
        ]
    ),
    max_size=60,
).map("".join)


@given(_ANY | _OPERATORS)
def test_any_text_is_a_query(text: str) -> None:
    query = parse_query(text)
    assert not re.search(r"[\x00-\x1f\ud800-\udfff]", query.text + query.meaning)
    assert len(set(query.terms)) == len(query.terms)
    assert query.text.encode("utf-8") is not None


@given(_ANY | _OPERATORS)
def test_the_terms_are_never_operators_of_the_keyword_index(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE k USING fts5(body, tokenize = \"ascii tokenchars '_'\")")
    for term in parse_query(text).terms:
        assert connection.execute("SELECT count(*) FROM k WHERE k MATCH ?", (f'"{term}"',)).fetchone() == (0,)
    connection.close()


def test_a_query_that_is_too_long_is_refused() -> None:
    parse_query("値" * MAX_QUERY_CHARS)
    with pytest.raises(QueryTooLongError, match="1,001 characters"):
        parse_query("値" * (MAX_QUERY_CHARS + 1))


@pytest.mark.parametrize(
    ("text", "phrases", "excluded", "meaning"),
    [
        ('"値引き 交渉" 予算', ("値引き 交渉",), (), "値引き 交渉 予算"),
        ("“price too high”", ("price too high",), (), "price too high"),
        ("「高い」 と言われた", ("高い",), (), "高い と言われた"),
        ("「高い」と言われたら", (), (), "高い と言われたら"),
        ("What does “be delightful” mean?", (), (), "What does be delightful mean?"),
        ('Who is a "vendor" here? -"old list"', (), ("old list",), "Who is a vendor here?"),
        ('how to answer "too expensive"', (), (), "how to answer too expensive"),
        ('"予算がない"と言われた。', (), (), "予算がない と言われた。"),
        ('"合格ライン"?', ("合格ライン",), (), "合格ライン ?"),
        ("値引き -タスキナ", (), ("タスキナ",), "値引き"),
        ('値引き -"帳票 ポート"', (), ("帳票 ポート",), "値引き"),
        ("値引き -タスキナ", (), ("タスキナ",), "値引き"),
        ("e-mail 3-5", (), (), "e-mail 3-5"),
        ("-", (), (), ""),
        ('"', (), (), ""),
        ('"未完', (), (), '"未完'),
        ("  a \u200b b\n", (), (), "a b"),
    ],
)
def test_operators_are_understood(text: str, phrases: tuple[str, ...], excluded: tuple[str, ...], meaning: str) -> None:
    query = parse_query(text)
    assert (query.phrases, query.excluded, query.meaning) == (phrases, excluded, meaning)


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01", "!?", "-x", "...", "。", "？！", "…", "\ud800"])
def test_a_query_without_a_subject_is_empty(text: str) -> None:
    assert parse_query(text).is_empty


def test_filters_are_true_when_they_filter_and_can_leave_out_a_facet() -> None:
    filters = Filters((("kind", ("deal",)), ("tag", ("ROI",))), date_from="2026-01-01")
    assert filters.without("kind") == Filters((("tag", ("ROI",)),), date_from="2026-01-01")
    assert not Filters()
    assert Filters(date_to="2026-01-01")


@pytest.mark.parametrize(
    ("text", "language"),
    [("価格が高い", "ja"), ("SSO の手順", "ja"), ("too expensive", "en"), ("GL-200", ""), ("", "")],
)
def test_the_language_of_a_question_is_that_of_its_letters(text: str, language: str) -> None:
    assert parse_query(text).language == language
