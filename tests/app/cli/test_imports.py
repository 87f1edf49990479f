"""`kb import transcript` and `kb import docs`, run as people run them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.cli.test_main import Place, place
from tests.words import write

pytestmark = pytest.mark.slow  # a process each, which loads all there is

__all__ = ["place"]


def test_transcripts_become_entries_once_and_a_bad_file_is_named(place: Place, tmp_path: Path) -> None:
    good, bad = write(tmp_path, "定例.txt", "佐藤：はい。\n"), write(tmp_path, "memo.txt", "ただのメモ")
    first = place.kb("import", "transcript", str(bad), str(good))
    assert first.exit_code == 1
    assert first.stdout == f"{good} → notes/定例.md\n  Speakers (lines): 佐藤 (1).\n"
    assert first.stderr.startswith(f"{bad}: Not a transcript. Looked for captions")
    again = place.kb("import", "transcript", str(good))
    assert (again.exit_code, again.stdout) == (0, f"{good} → notes/定例.md (imported before)\n")


def test_a_transcript_can_become_a_deal(place: Place, tmp_path: Path) -> None:
    source = write(tmp_path, "青葉.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v 佐藤>はい。\n")
    result = place.kb("import", "transcript", "--kind", "deal", "--json", str(source))
    assert json.loads(result.stdout) == [
        {
            "source": str(source),
            "path": "deals/青葉.md",
            "is_new": True,
            "refusal": "",
            "notes": ["Speakers (lines): 佐藤 (1)."],
        }
    ]
    assert "outcome" not in (place.entries / "deals/青葉.md").read_text("utf-8")


def test_documents_become_notes_and_each_bad_one_is_named(place: Place, tmp_path: Path) -> None:
    page, bad = write(tmp_path, "価格.html", "<h2>価格</h2><p>安い。</p>"), write(tmp_path, "x.docx", b"PK")
    done = place.process("import", "docs", str(bad), str(page))
    assert done.returncode == 1
    assert done.stdout == f"{page} → notes/価格.md\n"
    assert done.stderr == f"{bad}: The file is damaged, or its extension does not match its content.\n"
    assert place.kb("import", "docs", str(page)).exit_code == 0
    assert (place.entries / "notes/価格.md").read_text("utf-8").endswith("---\n## 価格\n\n安い。\n")


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("command", ["docs", "transcript"])
def test_each_file_that_cannot_be_read_is_named_and_keeps_no_other_out(
    place: Place, tmp_path: Path, command: str, locale: str
) -> None:
    good = (
        write(tmp_path, "定例.txt", "佐藤：はい。\n")
        if command == "transcript"
        else write(tmp_path, "a.html", "安い。")
    )
    bad = [tmp_path / "none.txt", tmp_path, write(tmp_path, "empty.html", ""), write(tmp_path, "b.zip", b"PK\x03\x04")]
    done = place.kb("--lang", locale, "import", command, *map(str, [*bad, good]))
    assert done.exit_code == 1 and done.stdout.startswith(f"{good} → notes/")
    assert done.stdout.count(" → ") == 1
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [str(path) for path in bad]
    ends = [line.rstrip("。.")[-1] for line in done.stderr.splitlines()]
    assert all(end.isascii() == (locale == "en") or not end.isalpha() for end in ends)


def test_machines_read_what_became_of_each_file_in_its_order(place: Place, tmp_path: Path) -> None:
    good, bad = write(tmp_path, "定例.txt", "佐藤：はい。\n"), write(tmp_path, "memo.txt", "ただのメモ")
    place.kb("import", "transcript", str(good))
    done = place.kb("--lang", "ja", "import", "transcript", "--json", str(bad), str(good))
    first, second = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (first["source"], first["path"], first["is_new"]) == (str(bad), "", False)
    assert first["refusal"].startswith("Not a transcript.")
    assert second == {"source": str(good), "path": "notes/定例.md", "is_new": False, "refusal": "", "notes": []}


def test_nothing_is_imported_where_there_is_no_folder_of_entries(place: Place, tmp_path: Path) -> None:
    good = write(tmp_path, "定例.txt", "佐藤：はい。\n")
    done = place.kb("import", "transcript", str(good), KB_ENTRIES=str(tmp_path / "none"))
    assert done.exit_code == 1 and str(tmp_path / "none") in done.stderr and not (tmp_path / "none").exists()
