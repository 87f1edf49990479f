"""Sync the index with the entries folder: embed changes, remove deleted entries, report."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.check import PlaybookFile, dangling, read_playbook, with_own_id
from ingest.chunk import Chunked, chunk_entry, renamed
from ingest.document import Document
from ingest.files import EntryFile, FileText, find_files, find_some, read_file
from ingest.notes import situation_of
from ingest.parse import entry_of
from ingest.playbook_file import PLAYBOOK_NAME
from kb.entry import Entry, Problem
from kb.fields import understood
from kb.index.index import Draft, Index
from kb.loop.lineage import link_cycles
from kb.playbook import Playbook

# Changes when the parser, its messages or the field register change: every file is read again.
READER = f"reader-6:{hashlib.sha256(understood().encode()).hexdigest()}"
ENTRIES_AT_ONCE = 64  # per batch: enough to fill the model's batches, few enough to lose little when killed
TEXTS_AT_ONCE = 32  # per later batch: the most a save has to wait for

_NOTHING: Mapping[str, Chunked] = {}
Progress = Callable[[int, int, str], None]  # files done, files in total, current path


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync did."""

    added: tuple[str, ...]  # entry ids
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    embedded: int  # texts run through the model
    reused: int  # texts with cached vectors
    problems: tuple[Problem, ...]
    seconds: float


def sync(index: Index, folder: Path, progress: Progress | None = None, *, embed_later: bool = False) -> SyncReport:
    """Sync the index. If interrupted, each entry is either old or new, and the next sync continues.

    What the index may not show is treated as if the file did not exist, and so is a file that cannot be read, since
    nobody knows whether it may be shown.

    Many changes to a served index are searchable by their words first and embedded afterwards; with `embed_later` the
    caller does that with `index.embed_waiting`.
    """
    started = time.monotonic()
    with index.writing():
        playbook, playbook_problems, playbook_hash = read_playbook(folder)
        files, unreadable = find_files(folder)
        unreadable = unreadable if index.shows_everything else []
        known = index.catalog.states()
        index.repair()
        salt = f"{READER}:{playbook_hash}"
        work = _Work(index, folder, playbook, salt, known)
        gone = sorted(set(known) - {file.path for file in files})
        for path in gone:
            index.catalog.remove(path)
            work.removed.append(known[path][0])
        work.run(files, progress or _silent)
        if not (embed_later and index.is_current):
            work.embed_waiting(progress or _silent)
        index.catalog.set_problems({p.path: [q for q in unreadable if q.path == p.path] for p in unreadable})
        index.catalog.set_problems({PLAYBOOK_NAME: playbook_problems})
        _forget_problems(index, {file.path for file in files} | {p.path for p in unreadable} | {PLAYBOOK_NAME, ""})
        index.catalog.forget_withheld(work.withheld.keys() - {file.path for file in files})
        index.finish()
        problems = tuple(problems_of(index))
    return work.report(problems, time.monotonic() - started)


def sync_some(
    index: Index,
    folder: Path,
    paths: Collection[str],
    progress: Progress | None = None,
    *,
    embed_later: bool = False,
    chunked: Mapping[str, Chunked] = _NOTHING,
    playbook_file: PlaybookFile | None = None,
) -> SyncReport:
    """Index only some new, changed or deleted files; all files if no index is served yet.

    `paths` are relative to the folder, with forward slashes. `chunked` has documents that need no parsing.
    What depends on other files (an id that became free, unused vectors) is left to the next `sync`.
    Raises IndexBusyError.
    """
    if not index.is_current:
        return sync(index, folder, progress, embed_later=embed_later)
    started = time.monotonic()
    with index.writing():
        playbook, _, playbook_hash = (playbook_file or PlaybookFile(folder)).read()
        files, unreadable = find_some(folder, paths)
        unreadable = unreadable if index.shows_everything else []
        known = index.catalog.states()
        work = _Work(index, folder, playbook, f"{READER}:{playbook_hash}", known, chunked)
        for path in sorted(set(paths) & known.keys() - {file.path for file in files}):
            index.catalog.remove(path, [problem for problem in unreadable if problem.path == path])
            work.removed.append(known[path][0])
        work.run(files, progress or _silent, present=set(known) | {file.path for file in files})
        if not embed_later:
            work.embed_waiting(progress or _silent)
        index.catalog.set_problems({p.path: [p] for p in unreadable if p.path not in known})
    problems = tuple(problem for problem in problems_of(index) if problem.path in set(paths))
    return work.report(problems, time.monotonic() - started)


def problems_of(index: Index) -> list[Problem]:
    """Return all problems of an index: those of files, broken links and circular links."""
    links = index.catalog.links()
    ids = {entry_id for entry_id, _ in index.catalog.states().values()}
    return sorted({*index.catalog.problems(), *dangling(links, ids), *link_cycles(links)})


class _Work:
    """One sync, in batches of files."""

    def __init__(
        self,
        index: Index,
        folder: Path,
        playbook: Playbook,
        salt: str,
        known: dict[str, tuple[str, str]],
        chunked: Mapping[str, Chunked] = _NOTHING,
    ) -> None:
        self.index = index
        self.folder = folder
        self.playbook = playbook
        self.salt = salt
        self.known = known
        self.chunked = chunked
        self.taken = {entry_id: path for path, (entry_id, _) in known.items()}
        self.withheld = index.catalog.withheld()
        self.added: list[str] = []
        self.changed: list[str] = []
        self.removed: list[str] = []
        self.unchanged = 0
        self.embedded = 0
        self.reused = 0

    def run(self, files: Sequence[EntryFile], progress: Progress, present: Collection[str] = ()) -> None:
        """Index files; a path keeps its id only while it is `present` (default: among the files)."""
        present = set(present) or {file.path for file in files}
        self.taken = {entry_id: path for entry_id, path in self.taken.items() if path in present}
        group: list[Draft] = []
        words_first = False  # few changes become searchable with their vectors at once
        for done, file in enumerate(files, start=1):
            if read := self._read(file):
                group.append(read)
            if len(group) >= ENTRIES_AT_ONCE:
                words_first = self.index.is_current
                self._write(group, words_first=words_first)
                group = []
            progress(done - len(group), len(files), file.path)
        self._write(group, words_first=words_first)
        progress(len(files), len(files), "")

    def embed_waiting(self, progress: Progress) -> None:
        """Embed texts that have no vectors yet, a few at a time."""
        total = self.index.waiting
        while self.index.waiting:
            self.embedded += self.index.embed_waiting(TEXTS_AT_ONCE)
            progress(total - self.index.waiting, total, "")

    def _read(self, file: EntryFile) -> Draft | None:
        """Return the changed entry of a file; None if it is unchanged, unreadable or not to be shown."""
        content = read_file(file)
        if isinstance(content, Problem):
            self._drop(file, content)
            return None
        state = hashlib.sha256(f"{self.salt}:{content.content_hash}".encode()).hexdigest()
        if self._is_unchanged(file.path, state):
            self.unchanged += 1
            return None
        if file.path not in self.known and self.withheld.get(file.path) == state:
            return None
        return self._parsed(file, content, state)

    def _drop(self, file: EntryFile, *why: Problem) -> None:
        """Remove the entry of a file that cannot be read or may not be shown."""
        problems = why if self.index.shows_everything else ()
        if file.path in self.known:
            self.removed.append(self.known[file.path][0])
            self.taken.pop(self.known[file.path][0], None)
            self.index.catalog.remove(file.path, problems)
        else:
            self.index.catalog.set_problems({file.path: problems})

    def _is_unchanged(self, path: str, state: str) -> bool:
        """Whether the index has this version; a file waiting for an id is read again once the id is free."""
        before, _, wanted_id = self.known.get(path, ("", ""))[1].partition(" ")
        return before == state and (not wanted_id or self.taken.get(wanted_id, path) != path)

    def _parsed(self, file: EntryFile, content: FileText, state: str) -> Draft | None:
        ready = self.chunked.get(file.path)
        if ready and ready.document.text != content.text:  # the file has changed since
            ready = None
        document = ready.document if ready else Document.of(content.text)
        parsed = entry_of(document, file.path, self.playbook, content.content_hash)
        if parsed.entry.visibility not in self.index.visible:
            if file.path in self.known:
                self._drop(file)
            self.index.catalog.withhold(file.path, state)
            return None
        before, _ = self.known.get(file.path, ("", ""))
        if self.taken.get(before) == file.path:
            del self.taken[before]
        entry, clash = with_own_id(parsed.entry, self.taken)
        self.taken[entry.id] = file.path
        state = f"{state} {parsed.entry.id}" if clash else state
        if ready:
            chunks = renamed(ready.chunks, entry.id)
        else:
            chunks = chunk_entry(entry, document.tokens, self.index.embedder.count_tokens)
        problems = (*content.problems, *parsed.problems, *clash)
        labels = _labels(entry, self.playbook)
        return Draft(entry, chunks, labels, problems, state, situation_of(chunks) if entry.deal else ())

    def _write(self, group: Sequence[Draft], *, words_first: bool) -> None:
        counts = self.index.write(group, words_first=words_first)
        self.embedded += counts[0]
        self.reused += counts[1]
        for read in group:
            (self.changed if read.entry.path in self.known else self.added).append(read.entry.id)

    def report(self, problems: tuple[Problem, ...], seconds: float) -> SyncReport:
        return SyncReport(
            added=tuple(self.added),
            changed=tuple(self.changed),
            removed=tuple(self.removed),
            unchanged=self.unchanged,
            embedded=self.embedded,
            reused=self.reused,
            problems=problems,
            seconds=seconds,
        )


def _labels(entry: Entry, playbook: Playbook) -> tuple[str, ...]:
    """Return all spellings of an entry's labels, so that TCO finds 総保有コスト and Taskina タスキナ."""
    terms = [
        term
        for facet, values in entry.facet_values().items()
        for value in values
        if (term := playbook.vocabulary(facet).find(value))
    ]
    reasons = entry.deal.reasons if entry.deal else ()
    terms += [term for reason in reasons if (term := playbook.reason(entry.outcome, reason.code))]
    return tuple(dict.fromkeys(text for term in terms for text in (term.ja, term.en, *term.aliases)))


def _forget_problems(index: Index, present: set[str]) -> None:
    stale = {problem.path for problem in index.catalog.problems()} - present
    index.catalog.set_problems({path: [] for path in stale})


def _silent(_done: int, _total: int, _path: str) -> None:
    """Show nothing."""
