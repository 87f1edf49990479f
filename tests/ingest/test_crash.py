"""A sync killed at any moment leaves each entry as before or as after, and the next one finishes the work."""

from __future__ import annotations

import multiprocessing
import random
import re
import signal
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from ingest.chunk import CHUNKING
from ingest.indexing import ENTRIES_AT_ONCE
from ingest.sync import sync
from kb.index import analysis
from kb.index.index import Index, open_index
from kb.index.schema import CHUNKS, ENTRIES
from kb.index.vectors import VIEWS
from tests.conftest import Recorder
from tests.ingest import killed_sync
from tests.waiting import wait_until
from tests.words import WordEmbedder, write

ENTRIES_WRITTEN = 12
CHANGED_AT_ONCE = 4
FEWEST_STEPS = 20  # a sync of a few changes has more
STEPS_ONE_BY_ONE = 14  # of a sync of many changes; what comes then is the same again for each group of texts
STRIDE = 7
pytestmark = pytest.mark.kills
_MARKER = re.compile(r"version(\d+)x")


class _Folder:
    """Entries in which every section carries the number of its version."""

    def __init__(self, folder: Path, chance: random.Random, *, most_sections: int = 6) -> None:
        self.folder = folder
        self.chance = chance
        self.most_sections = most_sections
        self.versions: dict[str, int] = {}  # what is on disk
        self.count = 0
        for number in range(ENTRIES_WRITTEN):
            self.write(f"deals/{number:02}.md")

    def write(self, path: str) -> None:
        self.count += 1
        marker = f"version{self.count}x"
        sections = "".join(
            f"## 節{n}\n商談の記録 {marker} {path} {n}\n\n" for n in range(self.chance.randint(1, self.most_sections))
        )
        write(self.folder, path, f"---\ntitle: 記録 {marker}\ntags: [{marker}]\n---\n{sections}")
        self.versions[path] = self.count

    def edit(self) -> None:
        for path in self.chance.sample(sorted(self.versions), CHANGED_AT_ONCE):
            self.write(path)
        gone = self.chance.choice(sorted(self.versions))
        (self.folder / gone).unlink()
        del self.versions[gone]
        self.write(f"deals/new-{self.count}.md")


def _killed(root: Path, entries: Path, step: int, *, from_outside: bool = False) -> bool:
    """Sync in another process that dies at a step, or is killed from outside soon after; whether it came that far."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([killed_sync.__name__])
    reached = context.Event() if from_outside else None
    process = context.Process(target=killed_sync.run, args=(root, entries, step, reached))
    process.start()
    if reached:
        wait_until(lambda: reached.is_set() or not process.is_alive(), f"step {step} of a sync, or its end")
        process.kill()
    process.join()
    killed = process.exitcode == -signal.SIGKILL
    assert killed or process.exitcode == 0
    process.close()
    return killed


def _versions_in_catalogue(index: Index) -> dict[str, int]:
    """Return the version of each entry; fails where parts of an entry are of different versions."""
    keywords = "SELECT rowid, title, heading, tags, body FROM keywords"
    with index.catalog.engine.connect() as connection:
        words = {row[0]: row[1:] for row in connection.execute(text(keywords))}
        chunks = list(connection.execute(CHUNKS.select()))
        paths = {row.number: row for row in connection.execute(ENTRIES.select())}
    assert words.keys() == {chunk.number for chunk in chunks}
    documents = {entry.path: entry for entry in index.catalog.entries().values()}
    versions: dict[str, int] = {}
    for number, row in paths.items():
        own = [chunk for chunk in chunks if chunk.entry == number]
        document = documents[row.path]
        found = set(_MARKER.findall(row.title + document.title + document.body + " ".join(c.text for c in own)))
        found |= set(_MARKER.findall(" ".join(" ".join(words[chunk.number]) for chunk in own)))
        assert len(found) == 1, f"{row.path} holds parts of the versions {found}"
        assert [c.text for c in own] == [line for line in document.body.split("\n") if line.startswith("商談")]
        assert [words[c.number][3] for c in own] == [" ".join(analysis.terms(c.text)) for c in own]
        versions[row.path] = int(found.pop())
    return versions


def _assert_before_or_after(now: dict[str, int], before: dict[str, int], after: dict[str, int]) -> None:
    for path in now.keys() | before.keys() | after.keys():
        assert now.get(path) in (before.get(path), after.get(path)), path


def _assert_finished(index: Index, folder: _Folder) -> None:
    sync(index, folder.folder)
    assert _versions_in_catalogue(index) == folder.versions
    assert {view: index.vectors.keys(view) for view in VIEWS} == index.catalog.vector_keys()
    again = sync(index, folder.folder)
    assert (again.unchanged, again.embedded) == (len(folder.versions), 0)


def _changed_and_killed(index: Index, folder: _Folder, step: int, *, from_outside: bool = False) -> bool:
    before = _versions_in_catalogue(index)
    folder.edit()
    killed = _killed(index.root, folder.folder, step, from_outside=from_outside)
    _assert_before_or_after(_versions_in_catalogue(index), before, folder.versions)
    return killed


def test_a_sync_killed_at_any_step_leaves_each_entry_as_before_or_as_after(entries: Path, index: Index) -> None:
    folder = _Folder(entries, random.Random(20_260_904))
    sync(index, entries)
    steps = count(1)
    while _changed_and_killed(index, folder, next(steps)):
        pass
    assert next(steps) > FEWEST_STEPS, "the steps of a sync are not counted any more"
    _assert_finished(index, folder)


def test_a_sync_killed_at_random_moments_leaves_each_entry_as_before_or_as_after(
    entries: Path, index: Index, kills: int, record_property: Recorder
) -> None:
    folder = _Folder(entries, random.Random(20_261_127))
    hit = sum(
        _changed_and_killed(index, folder, folder.chance.randint(1, FEWEST_STEPS), from_outside=True)
        for _ in range(kills)
    )
    record_property("kills", hit)
    assert hit
    _assert_finished(index, folder)


def _rewritten_and_killed(index: Index, folder: _Folder, step: int) -> bool:
    before = _versions_in_catalogue(index)
    for path in sorted(folder.versions):
        folder.write(path)
    killed = _killed(index.root, folder.folder, step)
    _assert_before_or_after(_versions_in_catalogue(index), before, folder.versions)
    return killed


def test_a_sync_of_many_changes_may_be_killed_between_words_and_vectors(entries: Path, index: Index) -> None:
    folder = _Folder(entries, random.Random(20_261_126), most_sections=1)
    for number in range(ENTRIES_AT_ONCE):
        folder.write(f"notes/{number:02}.md")
    sync(index, entries)
    step = 1
    while _rewritten_and_killed(index, folder, step):
        step += 1 if step < STEPS_ONE_BY_ONE else STRIDE
    assert step > STEPS_ONE_BY_ONE + STRIDE
    assert _rewritten_and_killed(index, folder, STEPS_ONE_BY_ONE)  # and what was not embedded is, with no other change
    assert {view: index.vectors.keys(view) for view in VIEWS} != index.catalog.vector_keys()
    _assert_finished(index, folder)


def test_a_first_sync_that_is_killed_is_taken_up_again(entries: Path, tmp_path: Path) -> None:
    folder = _Folder(entries, random.Random(7))
    steps = count(1)
    while _killed(tmp_path / "index", entries, next(steps)):
        pass
    index = open_index(tmp_path / "index", WordEmbedder(), CHUNKING)
    assert index.is_current
    _assert_finished(index, folder)
    index.close()
