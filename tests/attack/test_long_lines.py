"""A line may be as long as a file: what reads lines takes time with its length, not with the square of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.hostile import TEXTS
from ingest.document import Document
from ingest.parse import entry_of
from ingest.shown import shown
from kb.playbook import Playbook
from tests.attack.processor import at_most

SIZE = 600_000  # bytes
MOST = 20  # seconds of this process's own time; a second is usual, minutes where time grows with the square
LINES = (
    "nested pictures", "opening pictures", "long heading of braces", "spaces before a block's name",
    "spaces before a heading's name", "pictures as data", "pictures left out", "comments of Obsidian",
    "shrinking code spans", "reasons of brackets", "reasons of number signs", "open JSON",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _limited() -> Iterator[None]:
    with at_most(MOST):
        yield


@pytest.mark.parametrize("name", LINES)
def test_a_long_line_is_read(name: str) -> None:
    document = Document.of(TEXTS[name](SIZE))
    assert entry_of(document, "deals/a.md", Playbook()).entry.body == document.shown


def test_a_text_whose_first_heading_is_beyond_the_limits_is_plain() -> None:
    document = Document.of("# " + "*a_ " * 100_000)
    assert [token.type for token in document.tokens] == ["code_block"]
    assert len(document.problems) == 1


def test_a_long_text_of_signs_is_one_piece() -> None:
    text = "a{b " * 8_000
    inline = Document.of(text).tokens[1]
    assert [child.content for child in inline.children or []] == [text.strip()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a ^id-1", "a"),
        ("a  ^id  ", "a"),
        ("a ^b c", "a ^b c"),
        ("# a {#b}", "# a"),
        ("# a {#b} ", "# a"),
        ("# a {#b} c", "# a {#b} c"),
        ("a {#b}", "a {#b}"),
        ("![a](data:image/png;base64,AA==) b", "[a] b"),
        ("![](<data:image/png;base64,AA==>)b", "b"),
        ("==a== `==b==` ``==c` ==d==`` ==e==", "**a** `==b==` ``==c` ==d==`` **e**"),
        ("`==a== b", "`**a** b"),
        ("a %%b%% `c %%d%%` e\n\n%%f%%", "a  `c %%d%%` e\n\n"),
        ("```\n%%a%%\n```\n%%b%%", "```\n%%a%%\n```\n"),
    ],
)
def test_signs_of_other_tools_are_taken_out(text: str, expected: str) -> None:
    assert shown(text) == expected
