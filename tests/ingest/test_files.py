"""Whatever people put into the folder is read or named as a problem; nothing stops the rest."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.files import MAX_FILE_BYTES, EntryFile, FileText, decode, find_files, find_some, read_file
from kb.entry import Problem
from tests.words import write

JAPANESE = "# 値引きの前に\nまず、困りごとを聞く。\n"


def _paths(folder: Path) -> list[str]:
    return [file.path for file in find_files(folder)[0]]


def test_markdown_files_are_found_in_order_below_folders_with_japanese_names_and_spaces(entries: Path) -> None:
    for path in ("商談/アクメ 受注.md", "deals/b.md", "deals/a b.MD", "readme.txt", ".hidden.md", ".git/x.md"):
        write(entries, path, "x")
    assert _paths(entries) == ["deals/a b.MD", "deals/b.md", "商談/アクメ 受注.md"]


def test_a_name_in_decomposed_form_is_the_same_as_its_composed_form(entries: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "deals/ガイド.md")
    write(entries, decomposed, JAPANESE)
    [file] = find_files(entries)[0]
    assert file.path == "deals/ガイド.md"
    assert isinstance(read_file(file), FileText)


def test_two_names_that_differ_only_in_their_form_are_told_apart_from_each_other(entries: Path) -> None:
    for form in ("NFC", "NFD"):
        write(entries, unicodedata.normalize(form, "ガイド.md"), JAPANESE)
    files, problems = find_files(entries)
    assert len(files) == 1
    assert "only in how accents are encoded" in problems[0].message


def test_links_are_problems_that_name_them_and_are_not_followed(entries: Path, tmp_path: Path) -> None:
    secret = write(tmp_path, "outside/secret.md", "secret")
    (entries / "link.md").symlink_to(secret)
    (entries / "folder").symlink_to(secret.parent, target_is_directory=True)
    (entries / "lost.md").symlink_to(tmp_path / "nowhere.md")
    (entries / "gone").symlink_to(tmp_path / "nowhere")
    (entries / "within.md").symlink_to(write(entries, ".git/config.md", "x"))
    files, problems = find_files(entries)
    assert files == []
    assert [problem.path for problem in problems] == ["folder", "gone", "link.md", "lost.md", "within.md"]
    assert problems[0].message.startswith("'folder' is a link and was skipped.")
    paths = ["folder/secret.md", "link.md", "lost.md", "within.md", "folder", "gone"]
    assert find_some(entries, paths) == (files, problems)


def test_a_link_that_leads_to_itself_is_a_problem(entries: Path) -> None:
    (entries / "loop.md").symlink_to(entries / "loop.md")
    files, problems = find_files(entries)
    assert (files, len(problems)) == ([], 1)


def test_a_folder_or_a_pipe_called_md_is_no_entry(entries: Path) -> None:
    (entries / "folder.md").mkdir()
    os.mkfifo(entries / "pipe.md")
    files, problems = find_files(entries)
    assert files == []
    assert [problem.message for problem in problems] == ["Not a regular file; it was skipped."]


def test_a_name_that_is_no_text_is_a_problem(entries: Path) -> None:
    (Path(os.fsdecode(os.fsencode(entries) + b"/\x83\x8a.md"))).write_text("x")
    write(entries, "a\nb.md", "x")
    files, problems = find_files(entries)
    assert files == []
    assert [problem.path for problem in problems] == ["a\\nb.md", "リ.md [\\x83\\x8a.md]"]
    assert [problem.message.partition(". ")[0] for problem in problems] == [
        "The name 'a\\nb.md' contains invalid characters",
        "The name 'リ.md [\\x83\\x8a.md]' is not UTF-8, as in ZIP files from older Windows",
    ]


@pytest.mark.parametrize(
    ("raw", "text", "word"),
    [
        (JAPANESE.encode(), JAPANESE, ""),
        (b"\xef\xbb\xbf" + JAPANESE.encode(), JAPANESE, ""),
        (JAPANESE.encode("cp932"), JAPANESE, "Shift_JIS"),
        (JAPANESE.encode("utf-16"), JAPANESE, "UTF-16"),
        (b"\xfe\xff" + JAPANESE.encode("utf-16-be"), JAPANESE, "UTF-16"),
        (JAPANESE.encode("utf-16-le"), JAPANESE, "UTF-16"),
        (JAPANESE.encode("utf-16-be"), JAPANESE, "UTF-16"),
        (JAPANESE.encode("euc-jp"), JAPANESE, "EUC-JP"),
        (JAPANESE.encode("iso2022_jp"), JAPANESE, "ISO-2022-JP"),
        (b"", "", ""),
        (b"a\r\nb\r\n", "a\r\nb\r\n", ""),
    ],
)
def test_text_is_read_in_the_encodings_people_use(raw: bytes, text: str, word: str) -> None:
    found = decode(raw, "a.md")
    assert isinstance(found, FileText)
    assert found.text == text
    assert [word in problem.message for problem in found.problems] == ([True] if word else [])


@pytest.mark.parametrize(
    ("raw", "line", "word"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", 1, "Not a text file"),
        (b"%PDF-1.7\n\x00", 1, "Not a text file"),
        (b"good\nbad \xff\xe9 line\n", 2, "not valid UTF-8"),
        (b"\xff\xfea", 1, "marked as UTF-16"),
        ("caf\xe9".encode("latin-1"), 1, "not valid UTF-8"),
    ],
)
def test_what_is_no_text_is_a_problem_with_its_line(raw: bytes, line: int, word: str) -> None:
    found = decode(raw, "a.md")
    assert isinstance(found, Problem)
    assert (found.line, word in found.message) == (line, True)


def test_a_file_of_five_megabytes_is_a_problem_and_is_not_read(entries: Path) -> None:
    location = write(entries, "big.md", b"x" * 5_000_000)
    found = read_file(EntryFile("big.md", location))
    assert isinstance(found, Problem)
    assert found.message.startswith(f"The file is 5.0 MB; the limit is {MAX_FILE_BYTES // 1_000_000} MB")


def test_a_file_that_is_gone_meanwhile_is_a_problem(entries: Path) -> None:
    assert isinstance(read_file(EntryFile("a.md", entries / "a.md")), Problem)


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_problem(raw: bytes) -> None:
    found = decode(raw, "a.md")
    assert isinstance(found, Problem) or found.text.encode("utf-8") is not None


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_utf8_text_is_read_as_it_is(text: str) -> None:
    found = decode(text.encode(), "a.md")
    assert isinstance(found, FileText)
    assert found.text == text.removeprefix("\ufeff")
