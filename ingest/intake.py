"""Take changed files into the index that is served, one change at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from ingest.check import PlaybookFile
from ingest.chunk import Chunked
from ingest.sync import TEXTS_AT_ONCE, SyncReport, sync, sync_some
from kb.errors import IndexBusyError
from kb.index.index import Index
from kb.library import Library

REFRESH_SECONDS = 2.0  # how often what a long sync has written so far is shown
BREATH_SECONDS = 0.01  # in which whoever waits to save gets the lock
MOST_SINGLE = 200  # files looked at one by one, however few there are
_NOTHING: Mapping[str, Chunked] = {}
MOST_SHARE = 0.5  # of all entries: with more, looking at all costs no more


class Intake:
    """The one place of a process that writes to the index a library serves. Safe from any thread."""

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._folder = folder
        self._playbook_file = PlaybookFile(folder)
        self._lock = threading.Lock()

    def take_in(
        self, paths: Collection[str] | None = None, *, wait: float = 0.0, chunked: Mapping[str, Chunked] = _NOTHING
    ) -> SyncReport | None:
        """Take in files that changed (None: look at all); they are found when this returns.

        A file that has the text it is `chunked` as by its path is not parsed again.

        Many at once are found by their words; by their meaning once `embed_waiting` has returned.
        None where another process was writing longer than `wait` seconds: it takes the change in itself, or the next
        look at the folder does.
        """
        until = time.monotonic() + wait
        with self._lock:
            while True:
                try:
                    return self._taken_in(paths, chunked)
                except IndexBusyError:
                    if time.monotonic() >= until:
                        return None
                    time.sleep(0.05)

    def notice(self) -> bool:
        """Take in what another process wrote to the index; return whether anything changed."""
        with self._lock:
            return self._library.reload_if_changed()

    def embed_waiting(self, stop: threading.Event) -> None:
        """Embed what was taken in and is found by its words only; between a few texts and the next a save gets in."""
        shown = time.monotonic()
        while self._library.with_index(_waiting) and not stop.wait(BREATH_SECONDS):
            with self._lock, suppress(IndexBusyError):
                left = self._library.with_index(_embed_some)
                shown = self._shown(shown, now=not left)

    def _taken_in(self, paths: Collection[str] | None, chunked: Mapping[str, Chunked]) -> SyncReport:
        report = self._library.with_index(partial(self._synced, paths, chunked))
        self._library.refresh()
        return report

    def _synced(self, paths: Collection[str] | None, chunked: Mapping[str, Chunked], index: Index) -> SyncReport:
        shown = time.monotonic()

        def show(_done: int, _total: int, _path: str) -> None:
            nonlocal shown
            shown = self._shown(shown)

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
        return sync(index, self._folder, show, embed_later=True)

    def _shown(self, before: float, *, now: bool = False) -> float:
        """Let searches see what was written so far, `now` or once a while; return when they saw it last."""
        if not now and time.monotonic() - before < REFRESH_SECONDS:
            return before
        self._library.refresh()
        return time.monotonic()


def _waiting(index: Index) -> int:
    """Return how many texts are found by their words only."""
    return index.waiting


def _embed_some(index: Index) -> int:
    """Embed a few texts; return how many still wait."""
    with index.writing():
        index.embed_waiting(TEXTS_AT_ONCE)
    return index.waiting
