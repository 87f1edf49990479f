"""A sync that is killed at any moment leaves each entry as before or as after, and the next one finishes the work."""

from __future__ import annotations

import multiprocessing
import random
import re
import time
from pathlib import Path

from sqlalchemy import text

from ingest.chunk import CHUNKING
from ingest.sync import ENTRIES_AT_ONCE, sync
from kb.index import analysis
from kb.index.index import Index, open_index
from kb.index.schema import CHUNKS, ENTRIES
from kb.index.vectors import VIEWS
from tests.ingest import slow_sync
from tests.words import WordEmbedder, write

ENTRIES_WRITTEN = 30
KILLS = 30
MANY_KILLS = 6
CHANGED_AT_ONCE = 8
_MARKER = re.compile(r"version(\d+)x")


class _Folder:
    """Entries in which every section carries the number of its version."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance
        self.versions: dict[str, int] = {}  # what is on disk
        self.count = 0
        for number in range(ENTRIES_WRITTEN):
            self.write(f"deals/{number:02}.md")

    def write(self, path: str) -> None:
        self.count += 1
        marker = f"version{self.count}x"
        sections = "".join(f"## 節{n}\n商談の記録 {marker} {path} {n}\n\n" for n in range(self.chance.randint(1, 6)))
        write(self.folder, path, f"---\ntitle: 記録 {marker}\ntags: [{marker}]\n---\n{sections}")
        self.versions[path] = self.count

    def edit(self) -> None:
        for path in self.chance.sample(sorted(self.versions), CHANGED_AT_ONCE):
            self.write(path)
        gone = self.chance.choice(sorted(self.versions))
        (self.folder / gone).unlink()
        del self.versions[gone]
        self.write(f"deals/new-{self.count}.md")


def _killed(root: Path, entries: Path, seconds: float) -> bool:
    """Start a sync in another process and kill it after a while; whether it was still at work."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([slow_sync.__name__])
    started = context.Event()
    process = context.Process(target=slow_sync.run, args=(root, entries, started))
    process.start()
    assert started.wait(60)
    time.sleep(seconds)
    process.kill()
    process.join()
    killed = process.exitcode == -9
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


def _one_kill(index: Index, folder: _Folder, longest: float) -> bool:
    before = _versions_in_catalogue(index)
    folder.edit()
    killed = _killed(index.root, folder.folder, folder.chance.uniform(0, longest))
    _assert_before_or_after(_versions_in_catalogue(index), before, folder.versions)
    return killed


def test_a_killed_sync_leaves_each_entry_as_before_or_as_after(entries: Path, index: Index) -> None:
    folder = _Folder(entries, random.Random(20_260_904))
    longest, kills, rounds = 1.2, 0, 0
    while kills < KILLS:
        rounds += 1
        assert rounds < 3 * KILLS, "the syncs end before they can be killed; slow them down"
        killed = _one_kill(index, folder, longest)
        kills += killed
        longest = longest * 1.02 if killed else max(0.1, longest * 0.8)  # most kills shall hit the work, at its end too
    sync(index, entries)
    assert _versions_in_catalogue(index) == folder.versions
    assert {view: index.vectors.keys(view) for view in VIEWS} == index.catalog.vector_keys()
    again = sync(index, entries)
    assert (again.unchanged, again.embedded) == (len(folder.versions), 0)


def test_a_sync_of_many_changes_may_be_killed_between_words_and_vectors(entries: Path, index: Index) -> None:
    folder = _Folder(entries, random.Random(20_261_126))
    for number in range(ENTRIES_AT_ONCE):
        folder.write(f"notes/{number:02}.md")
    sync(index, entries)
    for _ in range(MANY_KILLS):
        before = _versions_in_catalogue(index)
        for path in sorted(folder.versions):
            folder.write(path)
        _killed(index.root, entries, folder.chance.uniform(0.1, 1.5))
        _assert_before_or_after(_versions_in_catalogue(index), before, folder.versions)
    sync(index, entries)
    assert _versions_in_catalogue(index) == folder.versions
    assert {view: index.vectors.keys(view) for view in VIEWS} == index.catalog.vector_keys()


def test_a_first_sync_that_is_killed_is_taken_up_again(entries: Path, tmp_path: Path) -> None:
    folder = _Folder(entries, random.Random(7))
    for seconds in (0.0, 0.05, 0.2, 0.4):
        _killed(tmp_path / "index", entries, seconds)
    index = open_index(tmp_path / "index", WordEmbedder(), CHUNKING)
    sync(index, entries)
    assert index.is_current
    assert _versions_in_catalogue(index) == folder.versions
    index.close()
