"""Update the index that is being served, one change at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from ingest.chunk import Chunked
from ingest.sync import TEXTS_AT_ONCE, SyncReport, kept_playbook, stale, sync, sync_some
from kb.errors import IndexBusyError
from kb.index.index import Index
from kb.library import Library

REFRESH_SECONDS = 2.0  # how often a long sync makes its progress searchable
BREATH_SECONDS = 0.01  # lets others get the locks between two portions
MOST_SINGLE = 200  # up to so many files are always indexed one by one
_NOTHING: Mapping[str, Chunked] = {}
MOST_SHARE = 0.5  # of all entries; above it a full sync costs no more


class Intake:
    """The only writer in a process to the index a library serves. Thread-safe."""

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._folder = folder
        self._playbook_file = library.with_index(lambda index: kept_playbook(index, folder))
        self._lock = threading.Lock()

    def index_files(
        self, paths: Collection[str] | None = None, *, wait: float = 0.0, chunked: Mapping[str, Chunked] = _NOTHING
    ) -> SyncReport | None:
        """Index changed files (None: all files); they are searchable when this returns.

        `chunked` has parsed documents by path; they are used if the file still has that text.
        Large changes are searchable by their words first, by meaning after `embed_waiting`.
        Returns None if another process was writing for more than `wait` seconds: that process or the next sync
        indexes the change.
        """
        deadline = time.monotonic() + wait
        with self._lock:
            while True:
                try:
                    return self._index(paths, chunked)
                except IndexBusyError:
                    if time.monotonic() >= deadline:
                        return None
                    time.sleep(0.05)

    def notice(self) -> bool:
        """Reload what another process wrote to the index; return whether anything changed."""
        with self._lock:
            return self._library.reload_if_changed()

    def embed_waiting(self, stop: threading.Event, done: Callable[[], object] = lambda: None) -> None:
        """Embed texts that have no vectors yet, a few at a time; saves, removals and new files get in between.

        `done` is called after each portion.
        """
        refreshed = time.monotonic()
        while (index := self._library.with_index(lambda served: served)).waiting and not stop.is_set():
            portion = index.embed_some(TEXTS_AT_ONCE)
            with self._lock, suppress(IndexBusyError):
                with index.writing():
                    index.store(portion)
                refreshed = self._refresh(refreshed, now=not index.waiting)
            done()
            stop.wait(BREATH_SECONDS)

    def differences(self) -> list[str]:
        """Return the paths where folder and index differ, whatever was noticed of it; all of them without an index."""
        index = self._library.with_index(lambda served: served)
        return stale(index, self._folder, self._playbook_file)

    def _index(self, paths: Collection[str] | None, chunked: Mapping[str, Chunked]) -> SyncReport:
        report = self._library.with_index(partial(self._sync, paths, chunked))
        self._library.refresh()
        return report

    def _sync(self, paths: Collection[str] | None, chunked: Mapping[str, Chunked], index: Index) -> SyncReport:
        refreshed = time.monotonic()

        def show(_done: int, _total: int, _path: str) -> None:
            nonlocal refreshed
            refreshed = self._refresh(refreshed)

        if paths is not None and len(paths) <= max(MOST_SINGLE, MOST_SHARE * index.catalog.counts()["entries"]):
            return sync_some(
                index,
                self._folder,
                paths,
                show,
                embed_later=True,
                chunked=chunked,
                playbook_file=self._playbook_file,
            )
        return sync(index, self._folder, show, embed_later=True, playbook_file=self._playbook_file)

    def _refresh(self, before: float, *, now: bool = False) -> float:
        """Make what was written so far searchable, `now` or every REFRESH_SECONDS; return when that was last done."""
        if not now and time.monotonic() - before < REFRESH_SECONDS:
            return before
        self._library.refresh()
        return time.monotonic()
