"""Passages follow the headings, lose no word, fit the window, and keep their ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.chunk import CHUNK_TOKENS, WHOLE_TOKENS, CountTokens, chunk_entry, renamed
from ingest.document import Document
from ingest.markdown import tokens_of
from ingest.parse import entry_of, parse_entry
from kb.entry import Chunk, Entry
from kb.playbook import Playbook
from tests.words import count_tokens

_TEXT = st.text(st.sampled_from("abc 値引き。、.! \n|-#>*`"), max_size=60)
_BLOCKS = st.sampled_from(
    [
        "# A\n",
        "## 価格\n",
        "## 価格\n",
        "### 細部 `x`\n",
        "Title\n=====\n",
        "#\n",
        "- one\n- two\n  more\n\n",
        "1. a\n2. b\n",
        "```\n# no heading\n```\n",
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n",
        "> quote\n",
        "---\n",
        "値引きは最後。先に聞く。\n\n",
        "Long " * 40 + "\n\n",
        "値" * 90 + "\n\n",
        "[x]: http://a\n",
        "<b>raw</b>\n",
        "\n",
    ]
)
_BODIES = st.lists(_BLOCKS | _TEXT, max_size=14).map("".join)


def _entry(body: str, path: str = "deals/acme.md") -> Entry:
    return parse_entry("---\ntitle: Acme\n---\n" + body, path, Playbook()).entry


def _chunks(entry: Entry, count: CountTokens = count_tokens, **limits: int) -> tuple[Chunk, ...]:
    return chunk_entry(entry, tokens_of(entry.body), count, **limits)


def _heading_lines(body: str) -> set[int]:
    """Return the lines (from 0) of the body that a top-level heading takes."""
    maps = [t.map for t in tokens_of(body) if t.type == "heading_open" and t.level == 0 and t.map]
    return {line for start, end in maps for line in range(start, end)}


def _signs(text: str) -> str:
    return "".join(text.split())


def _body_chunks(entry: Entry, chunks: tuple[Chunk, ...]) -> list[Chunk]:
    """Return the chunks that are not just a heading nothing follows."""
    headings = _heading_lines(entry.body)
    return [chunk for chunk in chunks if chunk.line_start - entry.body_line not in headings]


@given(_BODIES, st.integers(5, 400))
def test_no_words_are_lost_or_moved(body: str, target: int) -> None:
    entry = _entry(body)
    chunks = _chunks(entry, target=target, whole=target + 50)
    headings = _heading_lines(entry.body)
    below = "".join(line for number, line in enumerate(entry.body.split("\n")) if number not in headings)
    assert "".join(_signs(chunk.text) for chunk in _body_chunks(entry, chunks)) == _signs(below)


@given(_BODIES, st.integers(2, 400))
def test_no_passage_is_above_the_window(body: str, target: int) -> None:
    chunks = _chunks(_entry(body), target=target, whole=target + 50)
    assert all(count_tokens(chunk.text) <= target + 50 for chunk in chunks)


@given(_BODIES)
def test_ids_are_unique_and_lines_lie_in_the_file(body: str) -> None:
    entry = _entry(body)
    chunks = _chunks(entry)
    last = entry.body_line + entry.body.count("\n")
    assert chunks
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert all(entry.body_line <= c.line_start <= c.line_end <= last for c in chunks)


@given(
    st.lists(st.sampled_from(["価格", "競合", "反省", "価格 "]), min_size=1, max_size=5),
    st.integers(0, 5),
    st.integers(1, 400),
)
def test_ids_stay_when_another_section_is_added(headings: list[str], at: int, words: int) -> None:
    sections = [f"## {heading}\n{'文。' * words}\n\n" for heading in headings]
    added = [*sections[:at], "## 新しい節\n追記。\n\n", *sections[at:]]
    before, after = ({c.id: c.text for c in _chunks(_entry("".join(s)))} for s in (sections, added))
    assert before.items() <= after.items()


def test_a_passage_knows_its_headings_and_lines() -> None:
    entry = _entry("# Acme\nintro\n\n## 経緯\n\n### 初回\nhello\n\n## 反省\nbye\n")
    chunks = _chunks(entry)
    assert [(c.headings, c.text, c.line_start) for c in chunks] == [
        ((), "intro", 5),
        (("経緯", "初回"), "hello", 10),
        (("反省",), "bye", 13),
    ]
    assert [c.id for c in chunks] == ["deals/acme#.0", "deals/acme#初回.0", "deals/acme#反省.0"]


def test_a_heading_nothing_follows_is_a_passage_of_its_own() -> None:
    chunks = _chunks(_entry("## 次にすること\n\n## 反省\nbye\n"))
    assert [c.text for c in chunks] == ["## 次にすること", "bye"]


def test_an_entry_without_text_still_has_one_passage() -> None:
    assert [c.text for c in _chunks(_entry(""))] == [""]


def test_a_table_stays_whole_when_the_window_allows_it() -> None:
    table = "| 役割 | 言葉 |\n| --- | --- |\n" + "| 部長 | 早く |\n" * 30
    assert len(_chunks(_entry(table))) == 1
    assert count_tokens(table) <= WHOLE_TOKENS


def test_a_larger_table_is_cut_between_rows() -> None:
    table = "| 役割 | 言葉 |\n| --- | --- |\n" + "| 部長 | 早く |\n" * 200
    chunks = _chunks(_entry(table))
    assert len(chunks) > 2
    assert all(line.startswith("|") and line.endswith("|") for c in chunks for line in c.text.split("\n"))


def test_a_heading_in_a_code_block_is_text() -> None:
    chunks = _chunks(_entry("```\n# not a heading\n```\n"))
    assert [c.headings for c in chunks] == [()]


def test_a_very_long_line_is_cut_without_counting_it_over_and_over() -> None:
    counted = 0

    def count(text: str) -> int:
        nonlocal counted
        counted += len(text)
        return count_tokens(text)

    body = "価格が高い。" * 20_000
    chunks = _chunks(parse_entry(body, "a.md", Playbook()).entry, count)
    assert "".join(chunk.text for chunk in chunks) == body
    assert max(count_tokens(chunk.text) for chunk in chunks) <= CHUNK_TOKENS
    assert counted <= 10 * len(body)


@given(_BODIES)
def test_what_was_parsed_with_its_front_matter_is_cut_as_the_body_alone(body: str) -> None:
    document = Document.of("---\ntitle: Acme\n---\n" + body)
    entry = entry_of(document, "deals/acme.md", Playbook()).entry
    assert chunk_entry(entry, document.tokens, count_tokens) == _chunks(entry)


@given(_BODIES, st.sampled_from(["", "title: Acme\n"]))
def test_passages_go_by_another_id_when_their_entry_does(body: str, front: str) -> None:
    document = Document.of(f"---\n{front}---\n{body}")
    before, after = (entry_of(document, path, Playbook()).entry for path in ("notes/(untitled).md", "deals/acme.md"))
    assert renamed(chunk_entry(before, document.tokens, count_tokens), after.id) == _chunks(after)
