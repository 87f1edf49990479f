"""Changed files are taken in one after the other, beside other processes and without keeping anybody from saving."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from app.library import make_index, make_library
from app.settings import Settings
from ingest.indexing import ENTRIES_AT_ONCE
from ingest.intake import Intake
from ingest.sync import sync
from kb.entry import VISIBILITIES
from kb.index.index import Index
from kb.index.vectors import VIEWS
from kb.library import Library
from tests.engines import Engines
from tests.waiting import DEADLINE_SECONDS
from tests.words import WordEmbedder, note, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "entries", "notes/first.md", note("最初", "最初の話。"))
    return tmp_path / "entries"


@pytest.fixture
def settings(folder: Path, engines: Engines) -> Settings:
    return Settings(entries=folder, data=folder.parent / "var", **engines.settings())


@pytest.fixture
def library(settings: Settings, folder: Path) -> Iterator[Library]:
    library = make_library(settings, WordEmbedder())
    library.with_index(partial(sync, folder=folder))
    library.refresh()
    yield library
    library.close()


@pytest.fixture
def intake(library: Library, folder: Path) -> Intake:
    return Intake(library, folder)


@pytest.fixture
def other(library: Library, settings: Settings) -> Iterator[Index]:
    """The same index as another process has it."""
    opened = make_index(settings, WordEmbedder())
    yield opened
    opened.close()


def test_a_file_is_found_when_it_was_taken_in(intake: Intake, library: Library, folder: Path) -> None:
    write(folder, "notes/new.md", note("青葉精工", "新しい話。"))
    report = intake.index_files(["notes/new.md"])
    assert report and report.added == ("notes/new",)
    assert library.search.answer("青葉精工").hits[0].entry.id == "notes/new"


def test_nothing_is_taken_in_while_another_process_writes(
    intake: Intake, library: Library, folder: Path, other: Index
) -> None:
    write(folder, "notes/new.md", note("青葉精工", "新しい話。"))
    with other.writing():
        assert intake.index_files(["notes/new.md"]) is None
    report = intake.index_files(["notes/new.md"])
    assert report and report.added == ("notes/new",)


def test_who_waits_takes_in_when_the_other_process_has_written(intake: Intake, folder: Path, other: Index) -> None:
    write(folder, "notes/new.md", note("青葉精工", "新しい話。"))
    with ThreadPoolExecutor(1) as pool:
        with other.writing():
            waiting = pool.submit(intake.index_files, ["notes/new.md"], wait=DEADLINE_SECONDS)
        report = waiting.result()
    assert report and report.added == ("notes/new",)


def test_many_files_are_found_by_words_first_and_embedded_then(intake: Intake, library: Library, folder: Path) -> None:
    for number in range(ENTRIES_AT_ONCE + 1):
        write(folder, f"notes/{number}.md", note(f"記録{number}", f"話の{number}番目。"))
    report = intake.index_files()
    index = library.with_index(lambda served: served)
    assert report and len(report.added) == ENTRIES_AT_ONCE + 1 and index.waiting
    assert library.search.answer("記録7").hits[0].entry.id == "notes/7"
    stopped = threading.Event()
    stopped.set()
    waiting = index.waiting
    intake.embed_waiting(stopped)
    assert index.waiting == waiting
    intake.embed_waiting(threading.Event())
    assert not index.waiting
    assert {view: index.vectors.keys(view) for view in VIEWS} == index.catalog.vector_keys()


def test_what_another_process_wrote_is_noticed_once(
    intake: Intake, library: Library, folder: Path, other: Index
) -> None:
    assert not intake.notice()
    write(folder, "notes/new.md", note("青葉精工", "新しい話。"))
    sync(other, folder)
    assert intake.notice() and not intake.notice()
    assert library.search.answer("青葉精工").hits[0].entry.id == "notes/new"


def test_what_this_process_wrote_is_shown_and_no_news(intake: Intake, library: Library, folder: Path) -> None:
    for number in range(3 * ENTRIES_AT_ONCE):
        write(folder, f"notes/{number}.md", note(f"記録{number}", f"話の{number}番目。"))
    intake.index_files()
    shown, news = {library.generation}, []

    def look() -> None:
        news.append(intake.notice())
        shown.add(library.generation)

    intake.embed_waiting(threading.Event(), look)
    assert len(shown) > 2 and not any(news)


def test_a_search_says_how_much_is_not_found_by_meaning_yet(intake: Intake, library: Library, folder: Path) -> None:
    assert intake.progress_for(library) == ""
    paths = [f"notes/{number}.md" for number in range(3 * ENTRIES_AT_ONCE)]
    for path in paths:
        write(folder, path, note(path, f"{path} の話。"))
    intake.index_files(paths)
    waiting = library.with_index(lambda index: index.waiting)
    assert waiting > len(paths) and str(waiting) in intake.progress_for(library)
    intake.embed_waiting(threading.Event())
    assert intake.progress_for(library) == ""


@pytest.mark.parametrize("is_named", [True, False])
def test_what_is_removed_before_it_is_embedded_is_not_waited_for(
    intake: Intake, library: Library, folder: Path, *, is_named: bool
) -> None:
    paths = [f"notes/{n}.md" for n in range(ENTRIES_AT_ONCE + 1)]
    for path in paths:
        write(folder, path, note(f"題 {path}", f"本文 {path}。"))
    intake.index_files(None)
    assert intake.progress_for(library)
    for path in paths:
        (folder / path).unlink()
    intake.index_files(paths if is_named else None)
    assert not intake.progress_for(library) and not library.with_index(lambda index: index.waiting)


@pytest.mark.files  # where servers share an index, none that joins waits for texts
def test_what_another_process_embedded_is_not_prepared_any_more(intake: Intake, library: Library, folder: Path) -> None:
    intake.begin_preparing()
    for number in range(ENTRIES_AT_ONCE):
        write(folder, f"notes/{number}.md", note(f"備考{number}", f"{number}番目の話。"))
    intake.prepare()
    assert intake.preparation and intake.preparation.what == "texts"
    index = library.with_index(lambda served: served)
    with index.writing():
        while index.waiting:  # as another one does
            index.store(index.embed_some(100))
    intake.embed_waiting(threading.Event())
    assert intake.preparation is None


@pytest.mark.parametrize("shown", [VISIBILITIES, frozenset({"all"})])
def test_after_a_restart_the_last_good_playbook_masks_whatever_the_server_shows(
    settings: Settings, folder: Path, shown: frozenset[str]
) -> None:
    write(folder, "playbook.yaml", "masking:\n  - hide: [customer]\n    roles: [viewer]\n")
    chosen = settings.model_copy(update={"visibility": shown})
    with closing(make_library(chosen, WordEmbedder())) as library:
        assert Intake(library, folder).prepare()
        before = library.playbook
    write(folder, "playbook.yaml", "masking: [")
    with closing(make_library(chosen, WordEmbedder())) as library:
        assert library.playbook == before and before.masking
