"""Sync the index with the entries folder: embed changes, remove deleted entries, report."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from ingest.check import PlaybookFile, dangling
from ingest.chunk import Chunked
from ingest.copies import copies
from ingest.files import Listing, is_bare, list_files, list_some, read_again
from ingest.indexing import NOTHING, READER, TEXTS_AT_ONCE, Indexing, Progress, SyncReport, state_of
from ingest.playbook_file import PLAYBOOK_NAME
from kb.clock import CLOCK
from kb.entry import Problem
from kb.errors import KBError
from kb.index.entries import numbered_entries
from kb.index.index import Index
from kb.insight.uncounted import COUNTED, uncounted_problems
from kb.loop.lineage import link_cycles
from kb.wording import say

KEPT_PLAYBOOK = f"last-{PLAYBOOK_NAME}"  # in the index folder: the last good one

WAIT_SECONDS = 60.0  # for another process, to store what was embedded
log = logging.getLogger(__name__)


def sync(
    index: Index,
    folder: Path,
    progress: Progress | None = None,
    *,
    embed_later: bool = False,
    playbook_file: PlaybookFile | None = None,
    wait: float = 0.0,
) -> SyncReport:
    """Sync the index. If interrupted, each entry is either old or new, and the next sync continues.

    What is gone is removed first; changes to a served index are searchable by their words before anything is embedded,
    and the write lock is free while texts are embedded. With `embed_later` the caller embeds, also what a new
    index lacks. What the index may not
    show is treated as if the file did not exist, and so is a new file that cannot be read, since nobody knows whether
    it may be shown. Raises IndexBusyError if another process writes for more than `wait` seconds.
    """
    started = time.monotonic()
    with index.writing(wait):
        playbook_file = playbook_file or kept_playbook(index, folder)
        playbook, playbook_problems, playbook_hash = playbook_file.read()
        work = Indexing(
            index, playbook, f"{READER}:{playbook_hash}", at_once=0 if index.is_current or embed_later else None
        )
        listing = _shown(index, folder, list_files(folder), work.known)
        work.remove([path for path in work.known if not listing.hides(path)], listing, progress or _silent)
        if index.place.schema:  # what a server of vectors lacks it gets from the servers that run
            index.adopt_waiting()
        else:
            index.repair()
        work.run(listing.files, progress or _silent)
        if not (index.is_current or embed_later):
            work.embed_waiting(progress or _silent)
        work.set_problems(listing)
        index.catalog.set_problems({PLAYBOOK_NAME: playbook_problems})
        present = {*(file.path for file in listing.files), *(problem.path for problem in listing.problems)}
        _forget_problems(index, {*work.known, *present, PLAYBOOK_NAME, ""})
        index.catalog.forget_withheld(work.withheld.keys() - {file.path for file in listing.files})
        index.finish()
        keep(playbook_file)
    if not embed_later:
        work.embed_waiting(progress or _silent, lambda: index.writing(max(wait, WAIT_SECONDS)))
        work.embed_sentences()
    return work.report(tuple(problems_of(index)), time.monotonic() - started)


def sync_some(
    index: Index,
    folder: Path,
    paths: Collection[str],
    progress: Progress | None = None,
    *,
    embed_later: bool = False,
    chunked: Mapping[str, Chunked] = NOTHING,
    saved: Collection[str] = (),
    playbook_file: PlaybookFile | None = None,
) -> SyncReport:
    """Index only some new, changed or deleted files; all files if no index is served yet.

    `paths` are relative to the folder, with forward slashes. `chunked` has documents that need no parsing. What
    people `saved` takes the same time whether or not another entry has the same text.
    With `embed_later` a few texts are embedded at once where they were saved (`chunked`), or where nothing waits for
    that: neither other texts nor servers that share the index. What depends on other files (an id that became free,
    unused vectors) is left to the next `sync`.
    Raises IndexBusyError.
    """
    if not index.is_current:
        return sync(index, folder, progress, embed_later=embed_later, playbook_file=playbook_file)
    started = time.monotonic()
    with index.writing():
        playbook, playbook_problems, playbook_hash = (playbook_file or kept_playbook(index, folder)).read()
        waits = index.waiting or index.place.schema  # other servers would wait as well
        at_once = TEXTS_AT_ONCE if embed_later and (chunked or not waits) else 0
        work = Indexing(index, playbook, f"{READER}:{playbook_hash}", chunked, at_once=at_once, saved=saved)
        others = [path for path in paths if path != PLAYBOOK_NAME]
        listing = _shown(index, folder, list_some(folder, others), work.known)
        work.remove([path for path in others if not listing.hides(path)], listing, progress or _silent)
        work.run(listing.files, progress or _silent)
        if work.removed:
            index.forget_removed()
        work.set_problems(listing)
        if PLAYBOOK_NAME in paths:
            index.catalog.set_problems({PLAYBOOK_NAME: playbook_problems})
    if not embed_later:
        work.embed_waiting(progress or _silent, lambda: index.writing(WAIT_SECONDS))
        work.embed_sentences()
    return work.report(problems_at(index, paths), time.monotonic() - started)


def stale(index: Index, folder: Path, playbook_file: PlaybookFile, paths: Collection[str] | None = None) -> list[str]:
    """Return the paths, all or some, where folder and a served index differ. Needs no lock: nobody waits for it."""
    _, playbook_problems, playbook_hash = playbook_file.read()
    known, withheld = index.catalog.states(paths), index.catalog.withheld()
    problems = {problem for problem in index.catalog.problems() if paths is None or problem.path in paths}
    listing = _shown(index, folder, list_files(folder) if paths is None else list_some(folder, paths), known)
    present = {file.path for file in listing.files}
    found = [path for path in known if path not in present and not listing.hides(path)]
    found += [problem.path for problem in listing.problems if problem not in problems]
    if paths is not None:  # of all files, the next sync forgets these problems
        found += {problem.path for problem in problems} - {*present, *known, *(one.path for one in listing.problems)}
    elif {problem for problem in problems if problem.path == PLAYBOOK_NAME} != {*playbook_problems}:
        found.append(PLAYBOOK_NAME)  # broken or mended: no entry changes with it
    for file in listing.files:
        before = known[file.path][1].partition(" ")[0] if file.path in known else withheld.get(file.path, "")
        try:
            content, _ = read_again(file)
        except FileNotFoundError:
            continue
        if not isinstance(content, Problem):
            is_new = before != state_of(f"{READER}:{playbook_hash}", content)
        else:
            is_new = content not in problems and (index.shows_everything or file.path in known)
        if is_new:
            found.append(file.path)
    return found


def kept_playbook(index: Index, folder: Path) -> PlaybookFile:
    """Return the playbook of a folder, with the last good one beside the index for when the file is unreadable."""
    return PlaybookFile(folder, index.root / KEPT_PLAYBOOK)


def problems_of(index: Index) -> list[Problem]:
    """Return all problems of an index: of files, broken and circular links, and entries that do not count."""
    shown = [entry for kind in COUNTED for _, entry in numbered_entries(index.catalog, kind, index.visible)]
    return sorted({*_of_files(index), *uncounted_problems(shown, CLOCK.today())})


def problems_at(index: Index, paths: Collection[str]) -> tuple[Problem, ...]:
    """Return the problems of some files."""
    return tuple(sorted(problem for problem in _of_files(index) if problem.path in set(paths)))


def _of_files(index: Index) -> set[Problem]:
    links = index.catalog.links()
    states = index.catalog.states()
    ids = {entry_id for entry_id, _ in states.values()}
    return {*index.catalog.problems(), *dangling(links, ids), *link_cycles(links), *copies(states.keys())}


def _shown(index: Index, folder: Path, listing: Listing, known: Collection[str]) -> Listing:
    """Return a listing without problems of files that the index may not show.

    Where servers share an index, none takes everything out of it because its own folder is not mounted.
    """
    if known and index.place.schema and is_bare(folder):
        listing = replace(listing, problems=[Problem(folder.name, 1, _not_mounted())], unreadable=("",))
    if index.shows_everything:
        return listing
    kept = [p for p in listing.problems if p.path in known and p.path in listing.unreadable]
    return replace(listing, problems=kept)


def _not_mounted() -> str:
    return say(
        "There is nothing in the folder; it may not be mounted. What was read from it before stays searchable."
        " If it is meant to be empty, put a playbook.yaml into it."
    )


def keep(playbook_file: PlaybookFile) -> None:
    """Copy a good playbook; without the copy only a restart during a fault of the file would notice."""
    try:
        playbook_file.keep()
    except (OSError, KBError) as error:
        log.warning("The playbook could not be copied: %s", error)


def _forget_problems(index: Index, present: set[str]) -> None:
    stale = {problem.path for problem in index.catalog.problems()} - present
    index.catalog.set_problems({path: [] for path in stale})


def _silent(_done: int, _total: int, _path: str) -> None:
    """Show nothing."""
