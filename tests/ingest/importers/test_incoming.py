"""One file becomes one entry, once; what cannot be read is said and holds up nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ingest.check import check
from ingest.files import MAX_FILE_BYTES
from ingest.importers import incoming
from ingest.importers.converted import Converted
from ingest.importers.incoming import bring_in, known_sources
from ingest.parse import parse_entry
from kb.errors import RefusedTextError
from kb.playbook import Playbook
from tests.words import write


def as_text(name: str, raw: bytes) -> Converted:
    return Converted(raw.decode())


def refusing(name: str, raw: bytes) -> Converted:
    raise RefusedTextError("No.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "entries").mkdir()
    return tmp_path / "entries"


def test_the_source_is_named_and_nothing_is_invented(folder: Path, tmp_path: Path) -> None:
    source = write(tmp_path, "製品 紹介.html", "## 価格\n安い。\n")
    [arrival] = bring_in(folder, [source], as_text)
    assert (arrival.path, arrival.is_new, arrival.refusal) == ("notes/製品-紹介.md", True, "")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    expected = (
        f"---\ntitle: 製品 紹介\nkind: note\nsource: 製品 紹介.html\nsource_hash: {digest}\n---\n## 価格\n安い。\n"
    )
    assert (folder / arrival.path).read_text("utf-8") == expected
    assert check(folder) == (1, [])


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# **価格**の話\n\n高いと言われたら。\n", "価格の話", "高いと言われたら。\n"),
        ("# 一つめ\n本文。\n# 二つめ\n本文。\n", "rep v3", "# 一つめ\n本文。\n# 二つめ\n本文。\n"),
        ("# 題だけ\n", "rep v3", "# 題だけ\n"),
        ("はじめに。\n# 見出し\n本文。\n", "rep v3", "はじめに。\n# 見出し\n本文。\n"),
    ],
)
def test_one_main_heading_at_the_head_is_the_title(
    folder: Path, tmp_path: Path, text: str, title: str, body: str
) -> None:
    [arrival] = bring_in(folder, [write(tmp_path, "rep v3.html", text)], as_text)
    written = (folder / arrival.path).read_text("utf-8")
    assert f"title: {title}\n" in written and written.endswith(f"---\n{body}")


def test_imported_twice_is_imported_once_under_whatever_name(folder: Path, tmp_path: Path) -> None:
    files = [write(tmp_path, name, "同じ。") for name in ("a.txt", "b.txt")]
    first, second = bring_in(folder, files, as_text)
    [third] = bring_in(folder, files[1:], as_text, "deal")
    assert (first.is_new, second.is_new, third.is_new) == (True, False, False)
    assert first.path == second.path == third.path == "notes/a.md"
    assert len(list(folder.rglob("*.md"))) == 1


def test_an_entry_that_was_edited_and_moved_still_stands_for_its_source(folder: Path, tmp_path: Path) -> None:
    source = write(tmp_path, "a.txt", "本文。")
    [arrival] = bring_in(folder, [source], as_text)
    text = (folder / arrival.path).read_text("utf-8")
    (folder / arrival.path).unlink()
    write(folder, "talk-tracks/mine.md", text.replace("kind: note", "kind: talk-track") + "\n追記。\n")
    [again] = bring_in(folder, [source], as_text)
    assert (again.path, again.is_new) == ("talk-tracks/mine.md", False)


def test_a_name_that_is_taken_gets_a_number(folder: Path, tmp_path: Path) -> None:
    files = [write(tmp_path, "a/x.txt", "一。"), write(tmp_path, "b/x.txt", "二。")]
    assert [arrival.path for arrival in bring_in(folder, files, as_text)] == ["notes/x.md", "notes/x-2.md"]


def test_a_deal_goes_among_the_deals(folder: Path, tmp_path: Path) -> None:
    [arrival] = bring_in(folder, [write(tmp_path, "青葉精工.txt", "本文。")], as_text, "deal")
    text = (folder / arrival.path).read_text("utf-8")
    assert arrival.path == "deals/青葉精工.md"
    assert parse_entry(text, arrival.path, Playbook()).entry.kind == "deal"


def test_what_cannot_be_read_is_said_in_a_sentence_and_the_others_go_on(folder: Path, tmp_path: Path) -> None:
    big = write(tmp_path, "long.txt", "あ" * (MAX_FILE_BYTES // 3 + 1))
    files = [
        tmp_path / "none.txt",
        tmp_path,
        write(tmp_path, "empty.txt", " \n"),
        big,
        write(tmp_path, "ok.txt", "良い。"),
    ]
    arrivals = list(bring_in(folder, files, as_text))
    assert [arrival.refusal for arrival in arrivals] == [
        "File not found.",
        f"This is a folder. Name the files in it, for example {tmp_path.name}/*.",
        "The file is empty.",
        "The text of the file is 2.0 MB; the limit is 2 MB. Split it.",
        "",
    ]
    assert [path.name for path in folder.rglob("*.md")] == ["ok.md"]


def test_a_reader_that_refuses_or_finds_nothing_leaves_no_entry(folder: Path, tmp_path: Path) -> None:
    source = write(tmp_path, "a.txt", "本文。")
    [refused] = bring_in(folder, [source], refusing)
    [nothing] = bring_in(folder, [source], lambda name, raw: Converted("\x00 \n"))
    assert (refused.refusal, nothing.refusal) == ("No.", "The file contains no text.")
    assert list(folder.rglob("*.md")) == []


def test_a_huge_file_is_not_even_read(folder: Path, tmp_path: Path) -> None:
    with (tmp_path / "huge.pptx").open("wb") as file:
        file.truncate(incoming.MAX_SOURCE_BYTES + 1)
    [arrival] = bring_in(folder, [tmp_path / "huge.pptx"], as_text)
    assert arrival.refusal == "The file is 100 MB; the limit is 100 MB."


def test_control_characters_and_runs_of_empty_lines_stay_behind(folder: Path, tmp_path: Path) -> None:
    source = write(tmp_path, "a.txt", "一\x0b行\x00目  \r\n\r\n\r\n\r\n二行目\ufeff")
    [arrival] = bring_in(folder, [source], as_text)
    assert (folder / arrival.path).read_text("utf-8").endswith("---\n一行目\n\n二行目\n")


@pytest.mark.parametrize("name", ["no.txt", "a: b #c.txt", "'x'.txt", "-.txt", "con.txt", "..txt"])
def test_any_name_of_a_file_becomes_a_sound_entry(folder: Path, tmp_path: Path, name: str) -> None:
    [arrival] = bring_in(folder, [write(tmp_path, name, "本文。")], as_text)
    entry = parse_entry((folder / arrival.path).read_text("utf-8"), arrival.path, Playbook()).entry
    assert dict(entry.extra)["source"] == name
    assert check(folder) == (1, [])


def test_a_hash_that_only_stands_in_the_text_counts_for_nothing(folder: Path) -> None:
    write(folder, "notes/a.md", "source_hash: abc\n")
    write(folder, "notes/b.md", "---\ntitle: b\nsource_hash: ABC\n---\n本文\n")
    assert known_sources(folder) == {"abc": "notes/b.md"}
