"""Update the index that is being served, one change at a time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from ingest.chunk import Chunked
from ingest.index_update import MOST_SINGLE, WAIT_SECONDS, Changed, IndexUpdate
from ingest.indexing import TEXTS_AT_ONCE, UNCHANGED, SyncReport
from ingest.missed import Missed
from ingest.playbook_file import PLAYBOOK_NAME
from ingest.preparation import Preparation
from kb.errors import IndexBusyError
from kb.generation import Generation
from kb.library import Library
from kb.wording import say

TAKING_SECONDS = 0.5  # a saved playbook waits for a sync under way
FOLLOW_SECONDS = 3.0  # who has seen a newer state waits no longer for it
BREATH_SECONDS = 0.01  # lets others get the locks between two portions
_NOTHING: Mapping[str, Chunked] = {}
MOST_FAILURES = 2  # changes in a row that fail on their own: then the fault lies elsewhere
log = logging.getLogger(__name__)


class Intake:
    """The only writer in a process to the index a library serves. Thread-safe.

    What was saved but could not be indexed, for whatever reason, is remembered, and `retry` indexes it.
    """

    def __init__(self, library: Library, folder: Path) -> None:
        """Index the files of a folder."""
        self._library = library
        self._update = IndexUpdate(library, folder)
        self._lock = threading.Lock()
        self._missed = Missed()
        self._later: SimpleQueue[str] = SimpleQueue()

    @property
    def preparation(self) -> Preparation | None:
        """What a server that has just started still prepares."""
        return self._update.preparation

    @property
    def waiting(self) -> int:
        """How many saved files could not be indexed yet."""
        return len(self._missed.paths) + self._later.qsize()

    def preparation_for(self, library: Library) -> Preparation | None:
        """Return what is still prepared, without counts for those who see a part."""
        known = self._update.preparation
        return known if known is None or library.shows_everything else Preparation(known.what)

    def progress_for(self, library: Library) -> str:
        """Return what searches of a library do not find yet; empty if that is little or nothing.

        How many texts wait is not said to those who see a part: they may all be hidden.
        """
        if preparation := self.preparation_for(library):
            return preparation.sentence
        if library.meaning_trouble():
            return say(
                "Searching by meaning is not possible at the moment; entries are found by their words, new ones too."
            )
        texts = library.with_index(lambda index: index.waiting)
        if texts <= TEXTS_AT_ONCE:
            return ""
        return say(
            "New entries are found by their words; searching by meaning still has {count} texts to prepare.",
            count=texts,
        )

    def begin_preparing(self) -> None:
        """Say that the index is not up to date, until `prepare` and `embed_waiting` have done their work."""
        self._update.preparation = Preparation("files")

    def renew_if_gone(self) -> bool:
        """Begin anew where somebody deleted the index being served; return whether `prepare` has to fill another."""
        if not self._library.with_index(lambda index: index.place.is_gone()):  # else nobody waits for what is written
            return False
        with self._lock:
            if not self._library.renew_if_gone():
                return False
            self.begin_preparing()
            return True

    def prepare(self) -> SyncReport | None:
        """Bring the whole index up to date, by words; None if another process is doing that.

        A server that joins others is ready as soon as it knows what they know, and takes no turn where they have
        indexed everything.
        """
        if self._update.is_joining:
            if report := self._join():
                self._update.preparation = None
            return report
        report = self.index_files(None)
        if report:
            waiting = self._library.with_index(lambda index: index.waiting)
            self._update.preparation = Preparation("texts", 0, waiting) if waiting else None
        return report

    def _join(self) -> SyncReport | None:
        if not (found := self.differences()):
            self._update.keep_playbook()
            self._reload()
            return UNCHANGED
        report = self.index_files(found)
        if report and (report.added or report.changed or report.removed):  # not by another server meanwhile
            return self.index_files(None)  # what depends on several files
        return report

    def leave_preparing(self) -> bool:
        """Serve the index that another process brings up to date; return whether there is one."""
        if self._library.generation is None:
            return False
        self._update.preparation = None
        return True

    @property
    def has_to_embed(self) -> bool:
        """Whether texts may lack vectors that this process knows of."""
        return self._library.with_index(lambda index: bool(index.waiting) or not index.sentences.is_complete)

    def index_files(
        self, paths: Collection[str] | None = None, *, wait: float = 0.0, chunked: Mapping[str, Chunked] = _NOTHING
    ) -> SyncReport | None:
        """Index changed files (None: all files); they are searchable when this returns.

        `chunked` has parsed documents by path; they are used if the file still has that text.
        Large changes are searchable by their words first, by meaning after `embed_waiting`.
        Returns None if another process was writing for more than `wait` seconds.
        """
        deadline = time.monotonic() + wait
        with self._lock:
            return self._update.by(deadline, Changed(paths, chunked, self._missed.paths))

    def index_noticed(self, paths: Collection[str] | None) -> SyncReport | None:
        """Index files that somebody changed (None: all files); None if another process was writing.

        What a server that shares the index has indexed already takes no turn, for which others would have to wait.
        """
        if paths and not (paths := self._update.stale(paths)):
            return UNCHANGED
        return self.index_files(paths)

    def index_saved(self, path: str, chunked: Chunked) -> SyncReport | None:
        """Index a file that was saved; None, and never an error, if that has to wait for `retry`."""
        if not self._missed.is_pausing:
            self._update.embed_ahead(path, chunked)
        deadline = time.monotonic() + WAIT_SECONDS
        if not self._lock.acquire(timeout=WAIT_SECONDS):  # a server that has just started reads all files
            self._missed.add([path])
            return None
        try:
            if self._missed.is_pausing:  # the last attempt has just failed: nobody waits for the next one
                self._missed.add([path])
                return None
            return self._attempt([path], {path: chunked} if chunked.chunks else _NOTHING, deadline)
        except BaseException:  # also a panic of Chroma: the file is written, and saving it again would not help
            log.exception("%s was saved but could not be indexed; this is tried again.", path)
            return None
        finally:
            self._lock.release()

    def take_playbook(self) -> None:
        """Make a playbook that was just saved the one in force; the next `retry` reads the entries again.

        Of many entries, the watch reads again what it changes. Never an error: the file is written, and the next sync
        reads it. Waits for no sync either: what that one loads at its end has the new playbook as well.
        """
        self._later.put(PLAYBOOK_NAME)
        is_free = self._lock.acquire(timeout=TAKING_SECONDS)
        try:
            self._library.with_index(lambda index: index.catalog.touch())
            self._library.refresh()
            if is_free:
                self._update.written()
        except Exception:
            log.exception("The playbook was saved but could not be read in; the next sync does it.")
        finally:
            if is_free:
                self._lock.release()

    def index_later(self, path: str) -> None:
        """Have a saved file indexed by the next `retry`; waits for nothing."""
        self._later.put(path)

    def retry(self) -> None:
        """Index what was saved but could not be indexed. Raises the last fault if some of it still cannot be."""
        with self._lock:
            with suppress(Empty):
                while True:
                    self._missed.add([self._later.get_nowait()])
            paths = self._missed.paths
            if not paths or self._is_retried(paths):
                return
            fault = self._retry_each(paths)
        if fault:
            raise fault

    def catch_up(self) -> None:
        """Store vectors that a server of vectors missed while it was away, or because a process was killed."""
        index = self._library.with_index(lambda served: served)
        if index.vectors.is_behind and index.vectors.is_back():
            index.refill()

    def notice(self) -> bool:
        """Reload what was written to the index; return whether another process wrote any of it."""
        return self._reload() and not self._update.shows_own

    def _reload(self) -> bool:
        with self._turn_to_reload() as is_mine:
            return self._library.reload_if_changed() if is_mine else self._library.catch_up()

    def follow(self, wanted: Generation, seconds: float = FOLLOW_SECONDS) -> None:
        """Show at least a generation that another process wrote, if there is one; wait no longer than some seconds."""
        deadline = time.monotonic() + seconds
        while not self._library.shows(wanted) and time.monotonic() < deadline and self._reload():
            continue

    @contextmanager
    def _turn_to_reload(self) -> Iterator[bool]:
        """Wait until nothing is written here; yield False at once where other servers may keep that waiting."""
        is_shared = self._library.with_index(lambda index: not index.place.has_files)
        is_mine = self._lock.acquire(blocking=not is_shared)
        try:
            yield is_mine
        finally:
            if is_mine:
                self._lock.release()

    def embed_waiting(self, stop: threading.Event, done: Callable[[], object] = lambda: None) -> None:
        """Embed texts that have no vectors yet, a few at a time; saves, removals and new files get in between.

        `done` is called after each portion.
        """
        refreshed = time.monotonic()
        self._library.with_index(lambda index: index.adopt_waiting())
        while (index := self._library.with_index(lambda served: served)).waiting and not stop.is_set():
            portion = index.embed_some(TEXTS_AT_ONCE)
            with self._lock, suppress(IndexBusyError):
                with index.writing():
                    index.store(portion)
                self._update.written()
                refreshed = self._update.refresh(refreshed, now=not index.waiting)
                self._note_embedded(index.waiting)
            done()
            stop.wait(BREATH_SECONDS)
        if not index.waiting:  # also where another server embedded what waited here
            self._note_embedded(0)
        self._embed_sentences(stop, done)

    def count_embedded(self) -> None:
        """Count down what this server prepares and another one embeds."""
        if self._update.preparation:
            index = self._library.with_index(lambda served: served)
            index.adopt_waiting()
            self._note_embedded(index.waiting)

    def _note_embedded(self, waiting: int) -> None:
        known = self._update.preparation
        if known and known.what == "texts":
            total = max(known.total, waiting)
            self._update.preparation = replace(known, done=total - waiting, total=total) if waiting else None

    def differences(self) -> list[str]:
        """Return the paths where folder and index differ, whatever was noticed of it; all of them without an index."""
        return self._update.differences()

    def _embed_sentences(self, stop: threading.Event, done: Callable[[], object]) -> None:
        """Embed sentences until passages wait again."""
        index = self._library.with_index(lambda served: served)
        for portion in index.sentences.portions():
            if stop.is_set() or index.waiting:
                return
            index.sentences.embed(portion)
            done()
            stop.wait(BREATH_SECONDS)

    def _is_retried(self, paths: Sequence[str]) -> bool:
        """Try to index all at once; return whether that is done with, or another process is writing."""
        with suppress(Exception):  # each on its own shows what is wrong
            self._attempt(paths, _NOTHING, 0.0)
            return True
        return False

    def _retry_each(self, paths: Sequence[str]) -> Exception | None:
        """Try one by one, so that a single file keeps no other waiting; return the last fault."""
        fault, failures = None, 0
        for path in paths:
            try:
                self._attempt([path], _NOTHING, 0.0)
                failures = 0
            except Exception as error:
                fault, failures = error, failures + 1
            if failures == MOST_FAILURES:
                break
        return fault

    def _attempt(self, paths: Sequence[str], chunked: Mapping[str, Chunked], deadline: float) -> SyncReport | None:
        """Index saved files until `deadline`, and remember those for which that fails."""
        self._missed.add(paths)
        try:
            files = None if self._touches_all(paths) else paths
            report = self._update.by(deadline, Changed(files, chunked, paths))
        except BaseException:
            self._missed.pause()
            raise
        if report:
            self._missed.discard(paths)
        return report

    def _touches_all(self, paths: Sequence[str]) -> bool:
        """Whether the playbook changed and all entries may be read again at once."""
        return PLAYBOOK_NAME in paths and self._library.with_index(
            lambda index: index.catalog.counts()["entries"] <= MOST_SINGLE
        )
