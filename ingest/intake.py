"""Take changed files into the index that is served, one change at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from ingest.sync import TEXTS_AT_ONCE, SyncReport, sync, sync_some
from kb.errors import IndexBusyError
from kb.library import Library

REFRESH_SECONDS = 2.0  # how often what a long sync has written so far is shown
BREATH_SECONDS = 0.01  # in which whoever waits to save gets the lock
MOST_SINGLE = 200  # files looked at one by one, however few there are
MOST_SHARE = 0.5  # of all entries: with more, looking at all costs no more


class Intake:
    """The one place of a process that writes to the index a library serves. Safe from any thread."""

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._folder = folder
        self._lock = threading.Lock()

    def take_in(self, paths: Collection[str] | None = None, *, wait: float = 0.0) -> SyncReport | None:
        """Take in files that changed (None: look at all); they are found when this returns.

        Many at once are found by their words; by their meaning once `embed_waiting` has returned.
        None where another process was writing longer than `wait` seconds: it takes the change in itself, or the next
        look at the folder does.
        """
        until = time.monotonic() + wait
        with self._lock:
            while True:
                try:
                    return self._taken_in(paths)
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
        while self._library.index.waiting and not stop.wait(BREATH_SECONDS):
            with self._lock, suppress(IndexBusyError):
                index = self._library.index
                with index.writing():
                    index.embed_waiting(TEXTS_AT_ONCE)
                shown = self._shown(shown, now=not index.waiting)

    def _taken_in(self, paths: Collection[str] | None) -> SyncReport:
        index = self._library.index
        shown = time.monotonic()

        def show(_done: int, _total: int, _path: str) -> None:
            nonlocal shown
            shown = self._shown(shown)

        if paths is not None and len(paths) <= max(MOST_SINGLE, MOST_SHARE * index.catalog.counts()["entries"]):
            report = sync_some(index, self._folder, paths, show, embed_later=True)
        else:
            report = sync(index, self._folder, show, embed_later=True)
        self._library.refresh()
        return report

    def _shown(self, before: float, *, now: bool = False) -> float:
        """Let searches see what was written so far, `now` or once a while; return when they saw it last."""
        if not now and time.monotonic() - before < REFRESH_SECONDS:
            return before
        self._library.refresh()
        return time.monotonic()
