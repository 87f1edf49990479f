"""The server's background work: load the model, index changed entries, notice other processes."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

from app.pages.board.page import prepare
from app.services import Services
from ingest.atomic import sweep
from ingest.watch import changes
from kb.errors import ActivitySchemaError, KBError

POLL_SECONDS = 2.0  # delay until a sync by another process is noticed
STANDINGS_SECONDS = 20.0  # delay until a change affects the rank of other entries
GROUP_SECONDS = 120.0  # how often new failed searches are grouped
DRAW_SECONDS = 10.0  # delay until charts show a change
FORGET_SECONDS = 3_600.0  # how often the words of old searches are erased
log = logging.getLogger(__name__)


class Background:
    """Threads that live as long as the server."""

    def __init__(self, services: Services) -> None:
        self._library = services.library
        self._intake = services.intake
        self._settings = services.settings
        self._activity = services.activity
        self._board = services.gap_board
        self._services = services
        self._stop = threading.Event()
        jobs = [self._warm, self._poll, self._weigh, self._forget, self._group, self._draw] + (
            [self._watch] if self._settings.watch and self._settings.entries.is_dir() else []
        )
        self._threads = [threading.Thread(target=job, name=job.__name__, daemon=True) for job in jobs]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop the threads soon; a sync under way may be abandoned safely."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _warm(self) -> None:
        """Clean up after a killed process, and load the model before the first search."""
        sweep(self._settings.entries)
        try:
            self._library.warm()
        except KBError as error:
            log.error("%s", error)

    def _poll(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            if self._intake.notice():
                log.info("The index changed; it was read again.")

    def _weigh(self) -> None:
        """Update the verification states of entries after a change."""
        while not self._stop.wait(STANDINGS_SECONDS):
            self._library.loop.update_standings()

    def _forget(self) -> None:
        """Erase the words of old searches, even if the server runs for months."""
        while not self._stop.wait(FORGET_SECONDS):
            self._activity.purge_expired()

    def _group(self) -> None:
        """Group failed searches, so that nobody who opens the meeting waits for it."""
        while not self._stop.wait(GROUP_SECONDS):
            if self._library.state().ready:
                with suppress(ActivitySchemaError):  # already logged, and shown on pages
                    self._board.gaps()

    def _draw(self) -> None:
        """Draw the scoreboard's charts after a change, so that nobody who opens it waits."""
        drawn = ""
        while not self._stop.wait(DRAW_SECONDS):
            state = self._library.state()
            if state.ready and state.generation != drawn:
                prepare(self._services, self._stop.is_set)
                drawn = state.generation

    def _watch(self) -> None:
        for paths in changes(self._settings.entries, self._stop):
            report = self._intake.index_files(paths)
            if report is None:
                continue  # another process indexes the change, and _poll notices
            count = len(report.added) + len(report.changed)
            if count or report.removed:
                log.info("%d entries indexed, %d removed.", count, len(report.removed))
            self._intake.embed_waiting(self._stop)
