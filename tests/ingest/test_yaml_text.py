"""YAML becomes plain text values with their lines, and nothing in it is executed or expanded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.yaml_text import MAX_YAML_CHARS, YamlTextError, read_mapping


def _values(text: str) -> dict[str, object]:
    return {line.key: line.value for line in read_mapping(text)[0]}


def test_every_scalar_stays_the_text_that_was_written() -> None:
    text = "a: no\nb: 1_000\nc: 2026-03-04\nd: null\ne: 0o17\nf: 1e3"
    assert _values(text) == {"a": "no", "b": "1_000", "c": "2026-03-04", "d": "null", "e": "0o17", "f": "1e3"}


def test_lists_and_mappings_nest() -> None:
    assert _values("a: [x, {b: y}]\nc:\n  - z") == {"a": ["x", {"b": "y"}], "c": ["z"]}


def test_keys_know_their_lines_and_repeated_keys_are_set_apart() -> None:
    lines, repeated = read_mapping("# comment\na: 1\n\nb: 2\na: 3")
    assert [(line.key, line.line) for line in lines] == [("a", 2), ("b", 4)]
    assert [(line.key, line.value, line.line) for line in repeated] == [("a", "3", 5)]


@pytest.mark.parametrize("text", ["", "  \n\n", "# only a comment", "''"])
def test_nothing_is_an_empty_mapping(text: str) -> None:
    assert read_mapping(text) == ([], [])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: &x [1]\nb: *x", 2, "aliases"),
        ("ok: 1\na: !!python/object/apply:os.system ['true']", 2, "tags"),
        ("a: !!int 3", 1, "tags"),
        ("a: !!omap [b: 1]", 1, "tags"),
        ("- a\n- b", 1, "key: value"),
        ("just words", 1, "key: value"),
        ("a: 1\n[b, c]: 2", 2, "single word"),
        ("a: b: c", 1, "quotes"),
        ("a:\n\t- b", 2, "tabs"),
        ("a: [1, 2", 1, "not valid YAML"),
        ("a: \x01", 1, "not valid YAML"),
    ],
)
def test_what_is_refused_says_where_and_why(text: str, line: int, words: str) -> None:
    with pytest.raises(YamlTextError, match=words) as caught:
        read_mapping(text)
    assert caught.value.line == line


def test_a_billion_laughs_are_refused_at_once() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    with pytest.raises(YamlTextError, match="aliases"):
        read_mapping(bomb)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(YamlTextError):
        read_mapping("a: " + "[" * (MAX_YAML_CHARS - 10))


def test_more_text_than_any_front_matter_is_refused() -> None:
    with pytest.raises(YamlTextError, match="longer than"):
        read_mapping("a: " + "x" * MAX_YAML_CHARS)


@given(st.text(max_size=300) | st.lists(st.sampled_from(list("ab:-[]{}#&*!|>'\"%@`,?\n\t "))).map("".join))
def test_any_text_is_read_or_refused_with_a_line_inside_it(text: str) -> None:
    try:
        read_mapping(text)
    except YamlTextError as error:
        assert 1 <= error.line <= len(text) + 1
        assert str(error)
