"""A text that was parsed is not parsed again, unless it is another text by now."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.library import make_library
from app.settings import Settings
from app.words.rendering import render_body, render_document
from ingest.check import PlaybookFile
from ingest.document import Document
from ingest.intake import Intake
from ingest.review import review
from ingest.sync import sync
from kb.library import Library
from kb.playbook import Playbook
from tests.counting import counting
from tests.engines import Engines
from tests.words import WordEmbedder, note, write

PATH = "notes/a.md"
BLOCKS = st.lists(
    st.sampled_from(
        ["# A\n", "## B `x`\n", "- [x] a\n- b\n", "| a |\n| :-: |\n| 1 |\n", "> q\n", "---\n", "[a](b.md)\n\n"]
    )
)


@pytest.fixture
def library(tmp_path: Path, engines: Engines) -> Iterator[Library]:
    write(tmp_path / "entries", "notes/first.md", note("最初"))
    settings = Settings(entries=tmp_path / "entries", data=tmp_path / "var", **engines.settings())
    library = make_library(settings, WordEmbedder())
    library.with_index(partial(sync, folder=tmp_path / "entries"))
    library.refresh()
    yield library
    library.close()


@pytest.mark.parametrize(("stored", "parsed"), [("同じ本文。", 0), ("別の本文。", 1)])
def test_a_file_is_parsed_only_if_its_text_is_not_the_one_at_hand(
    library: Library, tmp_path: Path, stored: str, parsed: int
) -> None:
    at_hand = review(library, Document.of(note("題", "同じ本文。")), "notes/(untitled).md", library.visible).chunked
    write(tmp_path / "entries", PATH, note("題", stored))
    with counting(yaml=yaml.compose) as counts:
        Intake(library, tmp_path / "entries").index_files([PATH], chunked={PATH: at_hand})
    assert counts["yaml"] == parsed
    assert stored in library.entries.get("notes/a").body
    assert library.search.answer(stored).hits[0].entry.id == "notes/a"


def test_the_rules_of_a_playbook_stay_while_the_folder_is_not_mounted(tmp_path: Path) -> None:
    folder, kept = tmp_path / "entries", tmp_path / "last.yaml"
    write(folder, "playbook.yaml", "company: 一\n")
    playbook_file = PlaybookFile(folder, kept)
    playbook = playbook_file.read()[0]
    playbook_file.keep()
    (folder / "playbook.yaml").unlink()
    for reader in (playbook_file, PlaybookFile(folder, kept)):
        assert reader.read()[0] == playbook and reader.read()[1]
    folder.rmdir()
    assert PlaybookFile(folder, kept).read()[0] == playbook
    assert PlaybookFile(folder).read() == (Playbook(), (), "")
    write(folder, "a.md", "a")
    assert playbook_file.read() == (Playbook(), (), "")


def test_a_playbook_is_parsed_again_when_its_file_is_another_one(tmp_path: Path) -> None:
    write(tmp_path, "playbook.yaml", "company: 一\n")
    playbook_file = PlaybookFile(tmp_path)
    with counting(yaml=yaml.compose) as counts:
        assert [playbook_file.read()[0].company for _ in range(3)] == ["一"] * 3
    write(tmp_path, "playbook.yaml", "company: 二\n")
    assert counts["yaml"] == 1 and playbook_file.read()[0].company == "二"
    (tmp_path / "playbook.yaml").rename(tmp_path / "a.md")
    assert playbook_file.read()[0].company == ""


@given(BLOCKS)
def test_a_document_is_shown_as_its_body_is_and_stays_as_it_was(blocks: list[str]) -> None:
    document = Document.of("---\ntitle: A\n---\n" + "".join(blocks))
    shown = render_document(document, PATH, "A")
    assert shown == render_body(document.body, PATH, "A") == render_document(document, PATH, "A")
    assert document == Document.of(document.text)


def test_lines_of_hyphens_at_the_head_of_a_body_hide_nothing() -> None:
    document = Document.of("---\ntitle: A\n---\n---\n見えるはず\n---\n続き\n")
    assert "見えるはず" in render_body(document.body, PATH).html


def test_what_is_wrong_stands_on_its_line_of_the_file() -> None:
    document = Document.of("---\r\n- A\r\n- b: c: d\r\n---\r\n本文\r\n```\r\n終わらない\r\n")
    assert [problem.line for problem in document.problems] == [3, 6] and document.fault == document.problems[0]
    assert document.body_line == 5 and document.lines == ()
