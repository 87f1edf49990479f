"""No text, however hostile, takes more than its share of work, space or passages; nothing of it gets lost."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from types import FrameType
from typing import Any

import pytest

from app.main import create_app
from app.pages.writing.difference import MOST_LINES, differences
from app.services import open_services
from app.settings import Settings
from app.words.rendering import SPOKEN_WITHIN, render_body, render_document, spoken_line
from bench.hostile import TEXTS
from ingest.check import MOST_HINTS, dangling
from ingest.chunk import CHUNK_TOKENS, COUNTED, chunk_entry
from ingest.document import LONGEST_HEADING, Document
from ingest.markdown import Limits, parse
from ingest.parse import MOST_PROBLEMS, entry_of, parse_entry
from ingest.sync import sync
from kb.playbook import Playbook
from tests.app.conftest import ADDRESS, FILES, Browser
from tests.engines import Engines
from tests.words import WordEmbedder, count_tokens, write

PATH = "notes/a.md"
GROWING = ("ragged table", "nested quotations", "empty headings")  # much for a few signs, whose number is limited
SMALL = 1_000  # bytes
STEADY = 6_000  # steps of Python that do not depend on the size of a text


def _shown(text: str) -> str:
    document = Document.of(text)
    entry = entry_of(document, PATH, Playbook()).entry
    chunk_entry(entry, document.tokens, count_tokens)
    return str(render_document(document, PATH, entry.title).html)


def _steps(work: Callable[[], object], *, lines: bool = False) -> int:
    """Count the calls, or the lines of Python, that some work takes."""
    counted = 0

    def note(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal counted
        counted += event == ("line" if lines else "call")
        return note

    trace, before = (sys.settrace, sys.gettrace()) if lines else (sys.setprofile, sys.getprofile())
    trace(note)
    try:
        work()
    finally:
        trace(before)
    return counted


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "ragged table"])
def test_twice_the_text_takes_twice_the_work_and_no_great_room(name: str) -> None:
    one, two = TEXTS[name](SMALL), TEXTS[name](2 * SMALL)
    _shown(TEXTS[name](SMALL // 2))  # loads what is loaded once; a text that was parsed just before is remembered
    assert _steps(lambda: _shown(two)) <= 2.5 * _steps(lambda: _shown(one)) + STEADY
    if name not in GROWING:
        assert len(_shown(two).encode()) <= 13 * len(two.encode()) + 1_000


@pytest.mark.parametrize("name", ["task list", "list", "loose list", "definitions", "long table"])
def test_lines_of_python_grow_with_the_text(name: str) -> None:
    one, two = TEXTS[name](SMALL), TEXTS[name](2 * SMALL)
    _shown(TEXTS[name](SMALL // 2))
    assert _steps(lambda: _shown(two), lines=True) <= 2.5 * _steps(lambda: _shown(one), lines=True)


@pytest.mark.parametrize("name", GROWING)
def test_what_grows_most_stays_within_a_megabyte(name: str) -> None:
    assert len(_shown(TEXTS[name](10_000))) < 1_000_000


EXCESSES = {
    "it has too many list items": ("まえ\n\n" + "- a\n" * 50, Limits(steps=100)),
    "it has too many headings": ("a\n\n" + "# a\n\nb\n\n" * 5, Limits(headings=4)),
    "emphasis is nested": ("a\n\n" + "*" * 40 + "c" + "*" * 40, Limits(depth=5)),
    "lists or quotations are nested": ("a\n\n" + ">" * 12 + " b", Limits(depth=8)),
    "its tables lack": ("|a" * 30 + "|\n" + "|-" * 30 + "|\n" + "|a|\n" * 9, Limits(filled=100)),
    "it repeats long link targets": (f"[a]: /{'u' * 100}\n\n" + "[a] " * 20, Limits(targets=1_000)),
}


@pytest.mark.parametrize("what", EXCESSES)
def test_a_text_beyond_a_limit_is_one_block_of_plain_text(what: str) -> None:
    text, limits = EXCESSES[what]
    tokens, excess = parse(text, limits)
    assert excess and excess.what.startswith(what) and excess.advice and 0 <= excess.line <= text.count("\n")
    assert [(t.type, t.content, t.map) for t in tokens] == [("code_block", text, [0, len(text.split("\n"))])]
    assert parse(text)[1] is None


def test_a_plain_text_keeps_its_front_matter_its_words_and_its_line_numbers() -> None:
    text = "---\ntitle: 題\ntags: [価格]\n---\n" + "- [a](b) [c](d)\n" * 9_000 + "最後の言葉\n"
    parsed = parse_entry(text, PATH, Playbook())
    document = Document.of(text)
    chunks = chunk_entry(parsed.entry, document.tokens, count_tokens)
    page = unescape(re.sub("<[^>]+>", "", str(render_document(document, PATH, "題").html)))
    assert parsed.entry.title == "題"
    assert [(p.line > 4, "without formatting" in p.message) for p in parsed.problems] == [(True, True)]
    assert page.split() == parsed.entry.body.split() == " ".join(chunk.text for chunk in chunks).split()
    assert chunks[0].line_start == 5 and max(count_tokens(chunk.text) for chunk in chunks) <= CHUNK_TOKENS


def test_a_plain_text_keeps_the_heading_it_begins_with_as_its_title() -> None:
    document = Document.of("---\nkind: deal\n---\n\n# 題\n\n" + "- a\n" * 40_000)
    entry = entry_of(document, PATH, Playbook()).entry
    assert entry.title == document.heading == "題" and entry.body.startswith("\n# 題")
    assert "題" not in str(render_document(document, PATH, "題").html)
    assert chunk_entry(entry, document.tokens, count_tokens)[0].line_start == 7


def test_deeper_levels_than_the_parser_reads_are_shown_as_they_are_written() -> None:
    assert "最深" in _shown(">" * 60 + " 最深") and "最深" in _shown("- " * 60 + "最深")


def test_a_heading_of_a_whole_paragraph_is_not_repeated_in_every_passage() -> None:
    text = "# " + "見出し" * LONGEST_HEADING + "\n\n" + "本文。\n\n" * 2_000
    parsed = parse_entry(text, PATH, Playbook())
    chunks = chunk_entry(parsed.entry, Document.of(text).tokens, count_tokens)
    assert parsed.entry.title == "a" and {chunk.headings for chunk in chunks} == {()} and len(chunks) > 5


@pytest.mark.parametrize("name", ["full stops and spaces", "one long line"])
def test_the_tokenizer_is_given_a_limited_number_of_letters(name: str) -> None:
    given = 0

    def count(text: str) -> int:
        nonlocal given
        given += len(text)
        return count_tokens(text)

    text = TEXTS[name](1_000_000)
    parsed = parse_entry(text, PATH, Playbook())
    chunks = chunk_entry(parsed.entry, Document.of(text).tokens, count)
    assert given <= COUNTED + 10_000 and len(chunks) < 20_000
    assert "".join("".join(chunk.text for chunk in chunks).split()) == "".join(text.split())


def test_many_ampersands_are_cleaned_piece_by_piece_and_nothing_is_left_of_the_seams() -> None:
    body = "```\n" + "&<a" * 20_000 + "\n```\n\n" + "&" * 20_000 + " [a](https://example.com/?a&b)"
    page = str(render_body(body, PATH).html)
    assert page.count("&amp;") == 40_001 and "<!--" not in page and "https://example.com/?a&amp;b" in page


def test_the_sentence_to_say_is_looked_for_near_the_beginning() -> None:
    said = "## 話す一文\n> 何と比べてでしょうか。\n"
    assert spoken_line(said + "\n" + "a\n\n" * 400_000) == "何と比べてでしょうか。"
    assert spoken_line("a\n\n" * SPOKEN_WITHIN + said) == ""


@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith("front matter of ")])
def test_hostile_front_matter_becomes_a_few_problems(name: str) -> None:
    parsed = parse_entry(TEXTS[name](100_000), PATH, Playbook())
    assert len(parsed.problems) == 1 and "\nb\n" in parsed.entry.body


def test_one_file_has_a_limited_number_of_problems() -> None:
    many = parse_entry(TEXTS["front matter of one key"](20_000), PATH, Playbook()).problems
    assert len(many) == MOST_PROBLEMS


def test_only_some_broken_links_are_compared_with_every_entry() -> None:
    ids = {f"notes/n{number}" for number in range(500)}
    problems = dangling([(PATH, "notes/a", "related", f"notes/n{n}x") for n in range(200)], ids)
    assert len(problems) == 200 and sum("Did you mean" in p.message for p in problems) == MOST_HINTS


def test_texts_that_repeat_a_line_are_compared_without_comparing_every_pair() -> None:
    one = "a\n" * 10_000
    assert differences(one, one) == []
    assert [line.kind for line in differences(one, one + "b\n")] == ["same", "same", "added"]
    assert [line.text for line in differences("x\n" + one, "y\n" + one)] == ["x", "y", "a", "a"]
    other = differences(one, "b\n" * MOST_LINES)
    assert [(line.kind, line.text) for line in (other[0], other[-1])] == [("removed", "a"), ("added", "b")]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> Iterator[Browser]:
    place = tmp_path_factory.mktemp("hostile")
    for path, text in FILES.items():
        write(place / "entries", path, text)
    settings = Settings(entries=place / "entries", data=place / "var", watch=False, **engines.settings())
    services = open_services(settings, WordEmbedder())
    services.library.with_index(partial(sync, folder=settings.entries))
    services.library.refresh()
    yield Browser(create_app(settings, services), base_url=ADDRESS)
    services.close()


@pytest.mark.parametrize("name", ["task list", "nested brackets", "full stops"])
def test_a_hostile_text_is_saved_found_and_shown(client: Browser, name: str) -> None:
    saved = client.post("/api/v1/entries", json={"text": f"# 敵意 {name}\n\n目印の言葉。\n\n{TEXTS[name](60_000)}"})
    assert saved.status_code == 201
    assert client.get(f"/entries/{saved.json()['id']}").status_code == 200
    assert f"敵意 {name}" in client.get("/", params={"q": "目印の言葉"}).text
