"""A backup holds all that cannot be made again, says when it is damaged, and comes back only to where nothing is."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from app.services import make_index, make_library
from app.settings import Settings
from ingest.backup import MANIFEST, back_up, restore, verify
from ingest.sync import sync
from kb.errors import BackupError
from kb.library import Library
from kb.loop.activity import Activity
from tests.words import WordEmbedder, note, write


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write(tmp_path, "entries/deals/青葉.md", note("青葉", "本文。").replace("\n", "\r\n"))
    write(tmp_path, "entries/playbook.yaml", "company: 株式会社サンプル\n")
    write(tmp_path, "entries/.git/config", "secret")
    activity = Activity(tmp_path / "activity.sqlite")
    activity.helpful("deals/青葉", "x")
    activity.close()
    return tmp_path


def _back_up(place: Path) -> Path:
    target = place / "backup.zip"
    contents = back_up(place / "entries", Activity(place / "activity.sqlite").copy_to, target)
    assert (contents.files, contents.has_activity) == (2, True)
    return target


def test_what_was_backed_up_comes_back_byte_for_byte(place: Path, tmp_path: Path) -> None:
    target = _back_up(place)
    restore(target, tmp_path / "new/entries", tmp_path / "new/var/activity.sqlite")
    for path in ("deals/青葉.md", "playbook.yaml"):
        assert (tmp_path / "new/entries" / path).read_bytes() == (place / "entries" / path).read_bytes()
    assert not (tmp_path / "new/entries/.git").exists()
    assert Activity(tmp_path / "new/var/activity.sqlite").helpful_counts() == {"deals/青葉": 1}


def test_nothing_is_written_over_what_is_there(place: Path, tmp_path: Path) -> None:
    target = _back_up(place)
    with pytest.raises(BackupError, match="not empty"):
        restore(target, place / "entries", tmp_path / "other.sqlite")
    with pytest.raises(BackupError, match="there already"):
        restore(target, tmp_path / "empty", place / "activity.sqlite")


def _changed(target: Path, change: dict[str, bytes | None]) -> None:
    with zipfile.ZipFile(target) as archive:
        held: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(target, "w") as archive:
        for name, raw in {**held, **change}.items():
            if raw is not None:
                archive.writestr(name, raw)


@pytest.mark.parametrize(
    "change",
    [
        {"entries/deals/青葉.md": b"other"},
        {"entries/playbook.yaml": None},
        {"entries/more.md": b"x"},
        {MANIFEST: b"{}"},
        {MANIFEST: None},
    ],
)
def test_a_damaged_backup_is_refused_whole(place: Path, tmp_path: Path, change: dict[str, bytes | None]) -> None:
    target = _back_up(place)
    _changed(target, change)
    with pytest.raises(BackupError):
        restore(target, tmp_path / "new", tmp_path / "new.sqlite")
    assert not (tmp_path / "new").exists()


def test_whichever_byte_changes_the_backup_is_refused_or_still_whole(place: Path) -> None:
    target = _back_up(place)
    contents, raw = verify(target), target.read_bytes()
    refused = 0
    for at in range(0, len(raw), 5):
        target.write_bytes(raw[:at] + bytes([raw[at] ^ 0xFF]) + raw[at + 1 :])
        try:
            assert verify(target) == contents
        except BackupError:
            refused += 1
    assert refused > len(raw) // 5 * 0.8


def test_names_that_lead_elsewhere_are_refused(place: Path, tmp_path: Path) -> None:
    target = _back_up(place)
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    manifest["sha256"]["entries/../../evil.md"] = "0" * 64
    _changed(target, {MANIFEST: json.dumps(manifest).encode(), "entries/../../evil.md": b"x"})
    with pytest.raises(BackupError, match="lies outside"):
        verify(target)


def test_what_is_no_backup_is_said(tmp_path: Path) -> None:
    write(tmp_path, "a.zip", b"no zip")
    with pytest.raises(BackupError, match="cannot be opened"):
        verify(tmp_path / "a.zip")


def test_without_activity_a_backup_has_the_entries_alone(place: Path, tmp_path: Path) -> None:
    contents = back_up(place / "entries", lambda _place: False, tmp_path / "b.zip")
    assert not contents.has_activity and verify(tmp_path / "b.zip") == contents
    assert sqlite3.connect(place / "activity.sqlite").execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _library(settings: Settings, *, fresh: bool = False) -> Library:
    index = make_index(settings, WordEmbedder(), fresh=fresh)
    sync(index, settings.entries)
    index.close()
    return make_library(settings, WordEmbedder())


def _answers(library: Library) -> list[tuple[str, str, float]]:
    found = library.search.answer("青葉 本文").hits
    library.close()
    return [(hit.entry.id, hit.snippet.text, hit.score) for hit in found]


def test_a_restored_base_answers_the_same(place: Path, tmp_path: Path) -> None:
    before = Settings(entries=place / "entries", data=tmp_path / "var")
    after = Settings(entries=tmp_path / "new/entries", data=tmp_path / "new/var")
    expected = _answers(_library(before))
    restore(_back_up(place), after.entries, after.activity_file)
    assert expected and _answers(_library(after)) == expected


def _rows(file: Path) -> list[str]:
    """Return all a database holds as SQL: its bytes also change when a log is written into it."""
    with closing(sqlite3.connect(file)) as database:
        return list(database.iterdump())


def test_what_people_did_survives_a_rebuild_of_the_index(place: Path, tmp_path: Path) -> None:
    settings = Settings(entries=place / "entries", data=tmp_path)
    _library(settings).close()
    before = _rows(settings.activity_file)
    _library(settings, fresh=True).close()
    assert _rows(settings.activity_file) == before
    assert Activity(settings.activity_file).helpful_counts() == {"deals/青葉": 1}
