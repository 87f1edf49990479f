"""A backup holds all that cannot be made again, says when it is damaged, and comes back only to where nothing is."""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import stat
import struct
import tracemalloc
import unicodedata
import warnings
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from app.library import make_index, make_library
from app.settings import Settings
from ingest.backup import ACTIVITY, MANIFEST, MAX_FILE, _folded, back_up, restore, verify
from ingest.sync import sync
from kb.clock import CLOCK
from kb.errors import BackupError
from kb.library import Library
from kb.loop.activity import Activity
from kb.loop.schema import examine
from kb.people.file import PeopleFile
from kb.people.people import People
from tests.counting import counting
from tests.kb.loop.old_files import DUMPS, old_file
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


def test_people_come_back_beside_the_activity_for_their_owner_alone(place: Path, tmp_path: Path) -> None:
    file = PeopleFile(place / "people.sqlite")
    added = People(file, CLOCK).add("aki@example.com", "Aki", "admin", ["sales"])
    target = place / "backup.zip"
    activity = Activity(place / "activity.sqlite")
    assert back_up(place / "entries", activity.copy_to, target, copy_people=file.copy_to).has_people
    assert verify(target).has_people
    file.close()
    restore(target, tmp_path / "new/entries", tmp_path / "new/var/activity.sqlite")
    again = PeopleFile(tmp_path / "new/var/people.sqlite")
    assert again.path.stat().st_mode & 0o777 == 0o600
    assert People(again, CLOCK).all() == [added]
    again.close()
    with pytest.raises(BackupError, match="already exists"):
        restore(target, tmp_path / "other/entries", place / "activity.sqlite")


def test_nothing_is_written_over_what_is_there(place: Path, tmp_path: Path) -> None:
    target = _back_up(place)
    with pytest.raises(BackupError, match="not empty"):
        restore(target, place / "entries", tmp_path / "other.sqlite")
    with pytest.raises(BackupError, match="already exists"):
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
    with pytest.raises(BackupError, match="not allowed in a backup"):
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


def test_an_activity_database_of_an_earlier_version_is_brought_up_to_date_after_it_came_back(
    place: Path, tmp_path: Path
) -> None:
    old = old_file(tmp_path / "old.sqlite", DUMPS[0])
    back_up(place / "entries", lambda copy: bool(copy.write_bytes(old.read_bytes())), tmp_path / "old.zip")
    restore(tmp_path / "old.zip", tmp_path / "new/entries", tmp_path / "new/activity.sqlite")
    assert examine(tmp_path / "new/activity.sqlite").revision == "0001"
    activity = Activity(tmp_path / "new/activity.sqlite", keep_days=36_000)
    assert len(activity.searches("")) == 3 and len(activity.gaps()) == 2
    assert examine(tmp_path / "new/activity.sqlite").is_current


def _forged(target: Path, members: dict[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a backup whose list agrees with whatever it holds."""
    with zipfile.ZipFile(target, "w", compression) as archive:
        sums = {}
        for member, raw in members.items():
            archive.writestr(member, raw)
            name = member if isinstance(member, str) else member.filename
            sums[name] = hashlib.sha256(raw).hexdigest()
        archive.writestr(MANIFEST, json.dumps({"format": 1, "made_at": "2026-11-25", "sha256": sums}))
    return target


def _special(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "member",
    [
        "entries/{outside}/evil.md",  # with the place before it: entries//tmp/…
        "entries/../evil.md",
        "entries/./evil.md",
        "entries/a//evil.md",
        "entries/a\\..\\evil.md",
        "entries/.git/config",
        "entries/.git/hooks/post-commit",
        "entries/deals/.hidden.md",
        "entries/deals/",
        "entries/",
        "{outside}/evil.md",
        "../evil.md",
        "evil.md",
        "server.json",
        "activity.sqlite/evil.md",
        _special("entries/link.md", stat.S_IFLNK),
        _special("entries/pipe.md", stat.S_IFIFO),
        _special("entries/disk.md", stat.S_IFBLK),
        _special("activity.sqlite", stat.S_IFLNK),
    ],
)
def test_a_member_that_is_none_of_ours_refuses_the_whole_backup(tmp_path: Path, member: str | zipfile.ZipInfo) -> None:
    outside = tmp_path / "outside"
    name = member.format(outside=outside) if isinstance(member, str) else member
    source = _forged(tmp_path / "b.zip", {"entries/good.md": b"good", name: b"evil"})
    with pytest.raises(BackupError, match="not allowed in a backup"):
        restore(source, tmp_path / "new/entries", tmp_path / "new/activity.sqlite")
    assert sorted(tmp_path.iterdir()) == [source]


def test_only_knowledge_comes_back_and_what_is_left_out_is_named(tmp_path: Path) -> None:
    odd = ("entries/run.sh", "entries/deals/playbook.yaml", "entries/picture.png", "entries/gitattributes")
    source = _forged(tmp_path / "b.zip", {"entries/a.md": b"a", **dict.fromkeys(odd, b"x")})
    contents = restore(source, tmp_path / "new", tmp_path / "new.sqlite")
    assert contents.left_out == odd
    assert [path.name for path in (tmp_path / "new").rglob("*")] == ["a.md"]


def test_links_and_other_files_are_left_out_of_a_backup_by_name(place: Path, tmp_path: Path) -> None:
    secret = write(tmp_path, "outside/secret.md", "secret")
    (place / "entries/link.md").symlink_to(secret)
    (place / "entries/linked").symlink_to(secret.parent, target_is_directory=True)
    write(place, "entries/picture.png", "x")
    contents = back_up(place / "entries", lambda _place: False, tmp_path / "b.zip")
    assert contents.left_out == ("link.md", "linked", "picture.png")
    held = zipfile.ZipFile(tmp_path / "b.zip").namelist()
    assert held == [
        "entries/deals/青葉.md",
        "entries/playbook.yaml",
        MANIFEST,
    ]


def test_names_some_systems_take_for_one_come_back_side_by_side(tmp_path: Path) -> None:
    names = ("entries/deals/A.md", "entries/deals/a.md", "entries/ガ.md", unicodedata.normalize("NFD", "entries/ガ.md"))
    source = _forged(tmp_path / "b.zip", {name: name.encode() for name in names})
    contents = restore(source, tmp_path / "new", tmp_path / "new.sqlite")
    assert len(contents.renamed) == 2
    restored = {path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*.md")}
    folded = {unicodedata.normalize("NFC", path).casefold() for path in restored}
    assert len(restored) == len(folded) == 4
    assert {path.read_text("utf-8") for path in (tmp_path / "new").rglob("*.md")} == set(names)


def test_a_name_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    source = _forged(tmp_path / "b.zip", {"entries/a.md": b"good"})
    with zipfile.ZipFile(source, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("entries/a.md", b"evil")
    with pytest.raises(BackupError, match="do not match its manifest"):
        restore(source, tmp_path / "new", tmp_path / "new.sqlite")


@pytest.mark.parametrize(
    ("members", "compression"),
    [
        ({"entries/a.md": b"0" * (MAX_FILE + 1)}, zipfile.ZIP_DEFLATED),
        ({ACTIVITY: b"0" * 30_000_000}, zipfile.ZIP_DEFLATED),
        ({"entries/a.md": b"0" * 1_000_000}, zipfile.ZIP_LZMA),
        ({"entries/a.md": b"0" * 1_000_000}, zipfile.ZIP_BZIP2),
    ],
)
def test_a_bomb_is_refused(tmp_path: Path, members: dict[str | zipfile.ZipInfo, bytes], compression: int) -> None:
    source = _forged(tmp_path / "b.zip", members, compression)
    with pytest.raises(BackupError):
        restore(source, tmp_path / "new", tmp_path / "new.sqlite")
    assert not (tmp_path / "new").exists()


def test_a_member_that_holds_more_than_it_declares_is_refused(tmp_path: Path) -> None:
    source = _forged(tmp_path / "b.zip", {"entries/a.md": b"0" * 1_000_000})
    raw = source.read_bytes()
    source.write_bytes(raw.replace(struct.pack("<I", 1_000_000), struct.pack("<I", 10)))
    with pytest.raises(BackupError, match="damaged"):
        verify(source)


def test_a_backup_is_compared_in_little_memory(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(60_000)
    source = _forged(tmp_path / "b.zip", {ACTIVITY: b"SQLite format 3\x00" + noise * 1_000}, zipfile.ZIP_STORED)
    tracemalloc.start()
    try:
        verify(source)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "members",
    [
        {"entries/a.md": b"a", "entries/a.md/b.md": b"b"},  # a file here, a folder there
        {f"entries/{'x' * 300}.md": b"x"},
        {"entries/" + "d/" * 2_500 + "x.md": b"x"},
    ],
)
def test_names_that_cannot_be_written_are_refused_before_anything_is(
    tmp_path: Path, members: dict[str | zipfile.ZipInfo, bytes]
) -> None:
    target = _forged(tmp_path / "b.zip", members)
    for act in (lambda: verify(target), lambda: restore(target, tmp_path / "new", tmp_path / "new.sqlite")):
        with pytest.raises(BackupError, match="not allowed in a backup"):
            act()
    assert not (tmp_path / "new").exists()


def test_an_activity_database_that_is_none_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="damaged"):
        verify(_forged(tmp_path / "b.zip", {ACTIVITY: b"no database"}))


@pytest.mark.parametrize("made_at", [None, 5, ["x"], "\x1b]0;title\x07"])
def test_a_backup_says_when_it_was_made(tmp_path: Path, made_at: object) -> None:
    manifest = {"format": 1, "sha256": {}} | ({"made_at": made_at} if made_at else {})
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(MANIFEST, json.dumps(manifest))
    with pytest.raises(BackupError, match="not a backup of this program"):
        verify(tmp_path / "b.zip")


def test_thousands_of_names_that_differ_in_case_are_numbered_in_one_pass(tmp_path: Path) -> None:
    names = [
        "".join(sign.upper() if at >> n & 1 else sign for n, sign in enumerate("abcdefghijk")) for at in range(2_000)
    ]
    target = _forged(tmp_path / "b.zip", {f"entries/{name}.md": b"x" for name in names})
    with counting(folded=_folded) as calls:
        contents = verify(target)
    assert contents.files == len(names) == len(contents.renamed) + 1
    assert calls["folded"] < 4 * len(names)
