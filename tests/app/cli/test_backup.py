"""`kb backup` and `kb restore`, run as people run them: what is kept, what is said, and when they fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.settings import Settings
from app.words.reader import Reader
from kb.loop.activity import Activity
from tests.app.cli.test_main import Place, place
from tests.app.conftest import FILES
from tests.words import write

__all__ = ["place"]
LANGUAGES = pytest.mark.parametrize("locale", ["ja", "en"])


def _activity(place: Place) -> None:
    """Let somebody have searched for something."""
    place.data.mkdir(exist_ok=True)
    Activity(Settings(entries=place.entries, data=place.data).activity_file, is_kept=True).close()


def _texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }


@LANGUAGES
@pytest.mark.parametrize("has_activity", [True, False])
def test_a_backup_says_how_many_files_it_holds_and_whether_what_people_did_is_among_them(
    place: Place, tmp_path: Path, locale: str, has_activity: bool
) -> None:
    if has_activity:
        _activity(place)
    target, reader = tmp_path / "kept.zip", Reader.of(locale)
    done = place.kb("--lang", locale, "backup", str(target))
    key = "cli.backup_with_activity" if has_activity else "cli.backup_without_activity"
    assert (done.exit_code, done.stdout) == (0, reader(key, target=target, files=str(len(FILES))) + "\n")
    assert done.stderr == "" and target.is_file()


@LANGUAGES
def test_a_backup_comes_back_into_an_empty_folder_as_it_was(place: Place, tmp_path: Path, locale: str) -> None:
    _activity(place)
    target, empty = tmp_path / "kept.zip", Place(tmp_path / "new/entries", tmp_path / "new/var")
    assert place.kb("backup", str(target)).exit_code == 0
    back = empty.kb("--lang", locale, "restore", str(target))
    assert back.exit_code == 0 and str(empty.entries) in back.stdout and str(len(FILES)) in back.stdout
    assert _texts(empty.entries) == FILES
    assert Settings(entries=empty.entries, data=empty.data).activity_file.is_file()


@LANGUAGES
def test_a_backup_that_is_only_checked_changes_nothing(place: Place, tmp_path: Path, locale: str) -> None:
    target, empty = tmp_path / "kept.zip", Place(tmp_path / "new/entries", tmp_path / "new/var")
    place.kb("backup", str(target))
    checked = empty.kb("--lang", locale, "restore", "--check", str(target))
    assert checked.exit_code == 0 and str(target) in checked.stdout and str(len(FILES)) in checked.stdout
    assert not (tmp_path / "new").exists()


@LANGUAGES
def test_what_a_backup_leaves_out_is_named_and_is_no_failure(place: Place, tmp_path: Path, locale: str) -> None:
    write(place.entries, "deals/offer.pdf", b"%PDF")
    done = place.kb("--lang", locale, "backup", str(tmp_path / "kept.zip"))
    assert done.exit_code == 0
    assert done.stderr == Reader.of(locale)("cli.left_out", name="deals/offer.pdf") + "\n"


@LANGUAGES
@pytest.mark.parametrize("check", [(), ("--check",)])
def test_a_damaged_backup_fails_in_one_sentence_and_writes_nothing(
    place: Place, tmp_path: Path, locale: str, check: tuple[str, ...]
) -> None:
    target, empty = tmp_path / "kept.zip", Place(tmp_path / "new/entries", tmp_path / "new/var")
    place.kb("backup", str(target))
    os.truncate(target, target.stat().st_size // 2)
    refused = empty.kb("--lang", locale, "restore", *check, str(target))
    said = {"en": "backup", "ja": "バックアップ"}[locale]
    assert (refused.exit_code, refused.stdout) == (1, "") and said in refused.stderr
    assert refused.stderr.count("\n") == 1 and not (tmp_path / "new").exists()


def test_nothing_is_restored_over_entries_that_are_there(place: Place, tmp_path: Path) -> None:
    place.kb("backup", str(tmp_path / "kept.zip"))
    write(place.entries, "notes/newer.md", "---\ntitle: 新しい\n---\n")
    refused = place.kb("restore", str(tmp_path / "kept.zip"))
    assert refused.exit_code == 1 and str(place.entries) in refused.stderr
    assert (place.entries / "notes/newer.md").is_file()


def test_a_backup_that_cannot_be_written_fails_and_leaves_nothing(place: Place, tmp_path: Path) -> None:
    in_the_way = write(tmp_path, "file", "in the way")
    failed = place.kb("backup", str(in_the_way / "kept.zip"))
    assert failed.exit_code == 1 and failed.stdout == "" and failed.stderr.count("\n") == 1
    assert in_the_way.read_text("utf-8") == "in the way"


def test_names_some_systems_take_for_one_are_told_apart_and_said(place: Place, tmp_path: Path) -> None:
    write(place.entries, "deals/AOBA.md", FILES["deals/aoba.md"])
    place.kb("backup", str(tmp_path / "kept.zip"))
    empty = Place(tmp_path / "new/entries", tmp_path / "new/var")
    back = empty.kb("restore", str(tmp_path / "kept.zip"))
    assert back.exit_code == 0
    assert (
        back.stderr == Reader.of("en")("cli.restored_as", name="entries/deals/aoba.md", path="deals/aoba-2.md") + "\n"
    )
