"""Whichever way in: what lies behind a link is neither read nor written, and the link is named."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.library import make_index, make_library
from app.settings import Settings
from ingest.adding import add_text
from ingest.check import check, read_playbook
from ingest.export import read_records, write_zip
from ingest.importers.converted import Converted
from ingest.importers.incoming import bring_in
from ingest.inside import below
from ingest.intake import Intake
from ingest.store import EntryStore
from ingest.sync import sync, sync_some
from ingest.watch import changes
from kb.errors import EntryNotFoundError, KBError, NotSavedError
from kb.index.index import Index
from tests.words import WordEmbedder, note, write

SECRET = note("外の記録", "外にあるもの。")


@pytest.fixture
def outside(entries: Path, tmp_path: Path) -> Path:
    """A folder of notes elsewhere, to which the notes of the base are a link."""
    write(tmp_path, "outside/secret.md", SECRET)
    (entries / "notes").symlink_to(tmp_path / "outside", target_is_directory=True)
    write(entries, "deals/a.md", note("青葉", "本文。", kind="deal"))
    return tmp_path / "outside"


def _held(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def _named(report_problems: tuple[object, ...]) -> list[str]:
    return [str(problem) for problem in report_problems if "is a link" in str(problem)]


def test_neither_a_full_sync_nor_that_of_some_files_reads_behind_a_link(
    index: Index, entries: Path, outside: Path
) -> None:
    assert len(_named(sync(index, entries).problems)) == 1
    report = sync_some(index, entries, ["notes/secret.md", "deals/a.md"])
    assert report.added == report.changed == ()
    index.finish()
    assert [path for path in index.catalog.states()] == ["deals/a.md"]
    assert len(_named(tuple(sync(index, entries).problems))) == 1


def test_an_entry_whose_folder_becomes_a_link_is_gone(index: Index, entries: Path, tmp_path: Path) -> None:
    write(entries, "deals/a.md", note("青葉", "本文。", kind="deal"))
    sync(index, entries)
    (entries / "deals").rename(tmp_path / "moved")
    (entries / "deals").symlink_to(tmp_path / "moved", target_is_directory=True)
    assert sync_some(index, entries, ["deals/a.md"]).removed == ("deals/a",)


def test_the_watcher_says_nothing_of_what_lies_behind_a_link(entries: Path, outside: Path) -> None:
    stop, seen = Event(), []

    def watch() -> None:
        for paths in filter(None, changes(entries, stop)):
            seen.append(paths)
            stop.set()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    for number in range(200):  # until the watcher is there
        write(outside, "secret.md", f"{SECRET}{number}")
        write(entries, "deals/a.md", note("青葉", f"本文{number}。"))
        watcher.join(timeout=0.1)
        if not watcher.is_alive():
            break
    assert seen == [frozenset({"deals/a.md"})]


@pytest.fixture
def store(entries: Path, tmp_path: Path) -> Iterator[EntryStore]:
    """A store over a base whose notes became a link after they were indexed."""
    write(entries, "notes/secret.md", SECRET)
    settings = Settings(entries=entries, data=tmp_path / "var")
    with closing(make_index(settings, WordEmbedder())) as index:
        sync(index, entries)
    with closing(make_library(settings, WordEmbedder())) as library:
        (entries / "notes").rename(tmp_path / "outside")
        (entries / "notes").symlink_to(tmp_path / "outside", target_is_directory=True)
        yield EntryStore(library, Intake(library, entries), entries, tmp_path / "saving.lock")


def test_nothing_is_saved_or_shown_through_a_link(store: EntryStore, tmp_path: Path) -> None:
    before = _held(tmp_path / "outside")
    current = sha256(SECRET.encode()).hexdigest()
    tries: list[Callable[[], object]] = [
        lambda: store.create(note("新しい", "本文。")),
        lambda: store.update("notes/secret", note("外", "書き換え。"), current, force=True),
        lambda: store.set_status("notes/secret", "archived"),
        lambda: store.set_status("notes/secret", "published"),
    ]
    for save in tries:
        with pytest.raises(KBError):
            save()
    with pytest.raises(NotSavedError, match="'notes' is a link"):
        tries[0]()
    with pytest.raises(EntryNotFoundError):
        store.source("notes/secret")
    assert _held(tmp_path / "outside") == before


def test_nothing_is_added_or_imported_through_a_link(entries: Path, outside: Path, tmp_path: Path) -> None:
    with pytest.raises(NotSavedError, match="'notes' is a link"):
        add_text(entries, note("新しい", "別の本文。"))
    source = write(tmp_path, "memo.txt", "x")
    [arrival] = bring_in(entries, [source], lambda _name, _raw: Converted("本文。\n"))
    assert "'notes' is a link" in arrival.refusal
    assert _held(outside) == {"secret.md": SECRET}


def test_a_linked_playbook_and_linked_entries_are_not_handed_out(entries: Path, outside: Path, tmp_path: Path) -> None:
    (entries / "playbook.yaml").symlink_to(write(tmp_path, "other.yaml", "company: 外\n"))
    playbook, [problem], _ = read_playbook(entries)
    assert playbook.company == "" and "'playbook.yaml' is a link" in problem.message
    records, problems = read_records(entries)
    out = io.BytesIO()
    write_zip(records, entries, out)
    assert zipfile.ZipFile(out).namelist() == ["deals/a.md"]
    assert len(_named(tuple(problems))) == 1
    assert len(_named(tuple(check(entries)[1]))) == 2


@pytest.mark.parametrize("path", ["", ".", "..", "/etc/x.md", "a//b.md", "a/../b.md", ".git/x.md", "a/.b.md", "a\0"])
def test_a_path_that_is_none_below_the_folder_is_refused(entries: Path, path: str) -> None:
    with pytest.raises(NotSavedError, match="not a valid file name"):
        below(entries, path)


@given(st.lists(st.text(st.sampled_from("a./\\ :あ\n"), min_size=1, max_size=6), min_size=1, max_size=4))
def test_whatever_is_asked_for_lies_below_the_folder_or_is_refused(parts: list[str]) -> None:
    folder = Path("/somewhere/entries")
    try:
        place = below(folder, "/".join(parts))
    except NotSavedError:
        return
    assert place.resolve().is_relative_to(folder) and place != folder
