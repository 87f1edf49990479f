"""Take changed files into the index that is served, one change at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from pathlib import Path

from ingest.sync import SyncReport, sync, sync_some
from kb.errors import IndexBusyError
from kb.library import Library

REFRESH_SECONDS = 2.0  # how often what a long sync has written so far is shown
MOST_SINGLE = 200  # files looked at one by one; with more, looking at all costs no more


class Intake:
    """The one place of a process that writes to the index a library serves. Safe from any thread."""

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._folder = folder
        self._lock = threading.Lock()

    def take_in(self, paths: Collection[str] | None = None, *, wait: float = 0.0) -> SyncReport | None:
        """Take in files that changed (None: look at all); they are found when this returns.

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

    def _taken_in(self, paths: Collection[str] | None) -> SyncReport:
        index = self._library.index
        shown = time.monotonic()

        def show(_done: int, _total: int, _path: str) -> None:
            nonlocal shown
            if time.monotonic() - shown >= REFRESH_SECONDS:
                self._library.refresh()
                shown = time.monotonic()

        some = paths is not None and len(paths) <= MOST_SINGLE
        report = sync_some(index, self._folder, paths or (), show) if some else sync(index, self._folder, show)
        self._library.refresh()
        return report
