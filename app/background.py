"""What the server does beside answering: warm the model, take in changed entries, notice other processes."""

from __future__ import annotations

import logging
import threading

from app.settings import Settings
from ingest.sync import sync
from ingest.watch import changes
from kb.errors import IndexBusyError, KBError
from kb.library import Library

POLL_SECONDS = 2.0  # how soon a sync by another process shows
log = logging.getLogger(__name__)


class Background:
    """Threads that live as long as the server."""

    def __init__(self, library: Library, settings: Settings) -> None:
        self._library = library
        self._settings = settings
        self._stop = threading.Event()
        self._changing = threading.Lock()
        jobs = [self._warm, self._poll] + ([self._watch] if settings.watch and settings.entries.is_dir() else [])
        self._threads = [threading.Thread(target=job, name=job.__name__, daemon=True) for job in jobs]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End soon; a sync under way is safe to leave."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _warm(self) -> None:
        """Load the model before the first person asks."""
        try:
            self._library.warm()
        except KBError as error:
            log.error("%s", error)

    def _poll(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            with self._changing:
                if self._library.reload_if_changed():
                    log.info("The index changed; it was read again.")

    def _watch(self) -> None:
        for count in changes(self._settings.entries, self._stop):
            with self._changing:
                try:
                    report = sync(self._library.index, self._settings.entries)
                except IndexBusyError:
                    continue  # the other process takes the change in, and _poll notices
                self._library.refresh()
            log.info("%d files changed: %d entries taken in, %d removed.", count,
                     len(report.added) + len(report.changed), len(report.removed))  # fmt: skip
