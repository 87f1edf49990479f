"""Files that change are named; what may have changed anything is said as such, and temporary files as nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from ingest.atomic import TEMPORARY
from ingest.watch import changes
from tests.waiting import wait_until
from tests.words import write

Found = list[frozenset[str] | None]


@contextmanager
def _watching(folder: Path) -> Iterator[Found]:
    """Watch a folder; yield what is found, from when the watching has begun."""
    found: Found = []
    stop = threading.Event()

    def watch() -> None:
        for some in changes(folder, stop):
            found.append(some)

    thread = threading.Thread(target=watch)
    thread.start()
    _until(lambda: bool(found), folder, "first")
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
    assert names == {"notes/first.md", "notes/が.md"}


def test_a_change_of_what_all_entries_depend_on_stands_for_anything(entries: Path) -> None:
    with _watching(entries) as found:
        write(entries, "playbook.yaml", "angles: []\n")
        wait_until(lambda: None in found, "a change of the playbook")
