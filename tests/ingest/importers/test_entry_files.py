"""A record of a CRM becomes one file, changes only what the CRM knows, and never overwrites what it did not read."""

from __future__ import annotations

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.importers.entry_files import LONGEST_NAME, change_file, new_file, paths_of
from ingest.importers.record import Record
from kb.errors import NotSavedError
from tests.waiting import wait_until
from tests.words import write


def _record(name: str = "青葉精工", crm_id: str = "D-1", **fields: str) -> Record:
    given = {"title": name, "kind": "deal", "crm_id": crm_id, "outcome": "won", **fields}
    return Record(2, "deal", crm_id, name, dict(given), "## 決め手\n速い。\n")


def test_a_record_is_written_once(entries: Path) -> None:
    assert new_file(entries, _record())
    written = (entries / "deals/青葉精工-d-1.md").read_bytes()
    assert not new_file(entries, _record(outcome="lost"))
    assert [path.name for path in (entries / "deals").iterdir()] == ["青葉精工-d-1.md"]
    assert (entries / "deals/青葉精工-d-1.md").read_bytes() == written


@pytest.mark.parametrize("there", ["---\ntitle: 手で書いた\n---\n", "---\ncrm_id: D-9\n---\n", "", b"\xff\xfe"])
def test_a_file_somebody_wrote_stays_and_the_record_stands_beside_it(entries: Path, there: str | bytes) -> None:
    taken = write(entries, "deals/青葉精工-d-1.md", there)
    before = taken.read_bytes()
    assert new_file(entries, _record())
    assert taken.read_bytes() == before and (entries / "deals/青葉精工-d-1-2.md").is_file()


@pytest.mark.parametrize("name", ["あ" * 300, "../../etc/passwd", "a/b\\c", ".", "con", "\n"])
def test_whatever_a_record_is_called_its_file_lies_in_the_folder_of_its_kind(entries: Path, name: str) -> None:
    assert new_file(entries, _record(name, "D/../1"))
    found = [path.relative_to(entries) for path in entries.rglob("*") if path.is_file()]
    assert [path.parent.as_posix() for path in found] == ["deals"]
    assert len(found[0].name.encode()) < 256


def test_a_long_name_never_cuts_the_id_that_tells_two_records_apart() -> None:
    first, second = (next(paths_of(_record("精" * 200, crm_id))) for crm_id in ("D-1", "D-2"))
    assert first.endswith("-d-1.md") and second.endswith("-d-2.md")
    assert len(first.encode()) <= len("deals/") + LONGEST_NAME + len("-d-1.md")


def test_a_change_sets_the_fields_of_the_crm_and_leaves_every_other_line(entries: Path) -> None:
    text = "---\ntitle: 私の題\noutcome: open  # 交渉中\ncrm_id: D-1\nowner: 佐藤\n---\n私の本文。\n"
    location = write(entries, "deals/a.md", text)
    assert change_file(location.parent, location.name, _record(), None)
    assert location.read_text("utf-8").replace("outcome: won", "outcome: open").split("---\n")[2] == "私の本文。\n"
    lines = location.read_text("utf-8").splitlines()
    assert (
        "title: 私の題" in lines and "owner: 佐藤" in lines and any(line.startswith("outcome: won") for line in lines)
    )
    assert not change_file(location.parent, location.name, _record(), None)


@pytest.mark.parametrize("now", [None, b"\xff\xfe", b"---\n- [\n---\n"])
def test_a_file_that_is_no_longer_what_was_read_is_left_alone_and_said(entries: Path, now: bytes | None) -> None:
    location = entries / "deals/a.md"
    if now is not None:
        write(entries, "deals/a.md", now)
    with pytest.raises(NotSavedError) as refused:
        change_file(location.parent, location.name, _record(), None)
    assert "a.md" in str(refused.value)
    assert (location.read_bytes() if location.exists() else None) == now


@pytest.mark.parametrize("held", ["var/saving.lock", "entries"])  # of servers with one data folder, or one each
def test_a_change_reads_the_file_only_once_whoever_is_saving_has_finished(
    entries: Path, tmp_path: Path, held: str
) -> None:
    location, lock = write(entries, "deals/a.md", "---\ntitle: a\ncrm_id: D-1\n---\n"), tmp_path / "var/saving.lock"
    write(tmp_path, "var/saving.lock", "")
    saving = os.open(tmp_path / held, os.O_RDONLY)
    with ThreadPoolExecutor(1) as pool:
        fcntl.flock(saving, fcntl.LOCK_EX)
        changed = pool.submit(change_file, entries, "deals/a.md", _record(), lock)
        wait_until(lambda: changed.done() or _waits(tmp_path / held), "the change to wait")
        assert not changed.done()
        write(entries, "deals/a.md", "---\ntitle: 別の人の題\ncrm_id: D-1\n---\n")
        os.close(saving)
        assert changed.result()
    assert "別の人の題" in location.read_text("utf-8") and "outcome: won" in location.read_text("utf-8")


def _waits(lock: Path) -> bool:
    """Whether somebody waits for a lock on a file."""
    waiting = [line for line in Path("/proc/locks").read_text("utf-8").splitlines() if "->" in line]
    return any(f":{lock.stat().st_ino} " in line for line in waiting)


def test_a_lock_that_cannot_be_made_is_said_and_changes_nothing(entries: Path, tmp_path: Path) -> None:
    location, in_the_way = write(entries, "deals/a.md", "---\ntitle: a\n---\n"), write(tmp_path, "file", "")
    with pytest.raises(NotSavedError):
        change_file(location.parent, location.name, _record(), in_the_way / "saving.lock")
    assert location.read_text("utf-8") == "---\ntitle: a\n---\n"
