"""Files that change are named; what may have changed anything is said as such, and temporary files as nothing."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from ingest.atomic import TEMPORARY
from ingest.watch import Watch, changes
from tests.waiting import wait_until
from tests.words import write

Found = list[frozenset[str] | None]


@contextmanager
def _watching(folder: Path, watcher: Watch = watchfiles.watch) -> Iterator[Found]:
    """Watch a folder; yield what is found, from when the watching has begun."""
    found: Found = []
    stop = threading.Event()

    def watch() -> None:
        for some in changes(folder, stop, watch=watcher):
            if some is None or some:
                found.append(some)

    thread = threading.Thread(target=watch)
    thread.start()
    wait_until(lambda: bool(found), "the watching to begin")
    assert found == [None]
    yield found
    stop.set()
    thread.join()


def _until(holds: Callable[[], bool], folder: Path, name: str) -> None:
    """Save a file again and again until something holds."""
    numbers = count()

    def saved() -> bool:
        write(folder, f"notes/{name}.md", f"版{next(numbers)}")
        return holds()

    wait_until(saved, f"a change of {name}.md")


def test_a_saved_file_is_named_by_its_composed_path_and_a_temporary_one_never(entries: Path) -> None:
    with _watching(entries) as found:
        write(entries, f"notes/{TEMPORARY}1.md", "half")
        decomposed = "か\u3099"
        _until(lambda: any(some and "notes/が.md" in some for some in found), entries, decomposed)
    names = {name for some in found if some for name in some}
    assert names == {"notes/が.md"}


def test_a_change_of_what_all_entries_depend_on_stands_for_anything(entries: Path) -> None:
    with _watching(entries) as found:
        write(entries, "playbook.yaml", "angles: []\n")
        wait_until(lambda: found == [None, None], "a change of the playbook")


def test_changes_are_noticed_while_a_file_whose_name_is_no_text_changes_all_the_time(
    entries: Path, caplog: pytest.LogCaptureFixture
) -> None:
    misnamed = entries / os.fsdecode("営業.md".encode("cp932"))
    with _watching(entries) as found:
        numbers = count()
        wait_until(lambda: misnamed.write_text(f"{next(numbers)}") and len(found) > 5, "several looks at everything")
        assert set(found) == {None}
        _until(lambda: any(some and "notes/a.md" in some for some in found), entries, "a")
    assert not [record for record in caplog.records if record.levelname == "WARNING"]  # it is not polled


def test_a_folder_that_cannot_be_watched_is_polled(entries: Path, caplog: pytest.LogCaptureFixture) -> None:
    def without_inotify(*folders: Path, force_polling: bool | None, **options: Any) -> Iterator[Any]:
        if not force_polling:
            raise OSError(errno.ENOSPC, "OS file watch limit reached")
        return watchfiles.watch(*folders, force_polling=True, **options)

    with _watching(entries, without_inotify) as found:
        _until(lambda: any(some and "notes/a.md" in some for some in found), entries, "a")
    assert ["it is polled instead" in record.message for record in caplog.records] == [True]


def test_a_name_that_is_no_text_does_not_end_the_watching(entries: Path) -> None:
    with _watching(entries) as found:
        (Path(os.fsdecode(os.fsencode(entries) + b"/\x83\x8a.md"))).write_text("x")
        wait_until(lambda: len(found) > 1, "the watching to begin again")
        assert found == [None, None]
        _until(lambda: any(some and "notes/a.md" in some for some in found), entries, "a")


def test_a_name_with_a_line_break_may_be_anything(entries: Path) -> None:
    with _watching(entries) as found:
        write(entries, "a\nb.md", "x")
        wait_until(lambda: found == [None, None], "the file to be noticed")


def test_a_folder_that_was_swapped_is_watched(entries: Path) -> None:
    with _watching(entries) as found:
        entries.rename(entries.with_name("before"))
        write(entries, "notes/new.md", "x")
        wait_until(lambda: len(found) > 1, "the watching to begin again")
        _until(lambda: any(some and "notes/a.md" in some for some in found), entries, "a")
