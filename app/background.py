"""What the server does beside answering: warm the model, take in changed entries, notice other processes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import chain

from app.pages.board.page import prepare
from app.services import Services
from ingest.atomic import sweep
from ingest.watch import changes
from kb.errors import ActivitySchemaError, KBError

POLL_SECONDS = 2.0  # how soon a sync by another process shows
STANDINGS_SECONDS = 20.0  # how soon what a change says about other entries counts in their rank
GROUP_SECONDS = 120.0  # how often the meaning of new searches in vain is looked up
DRAW_SECONDS = 10.0  # how soon what a change says is drawn
FORGET_SECONDS = 3_600.0  # how often words of searches that are too old are emptied
RETRY_SECONDS = 60.0  # after which a job that failed starts again: seldom enough to keep the log readable
log = logging.getLogger(__name__)


class Background:
    """Threads that live as long as the server; a job that fails is logged and starts again."""

    def __init__(self, services: Services, *, retry_seconds: float = RETRY_SECONDS) -> None:
        self._library = services.library
        self._intake = services.intake
        self._settings = services.settings
        self._activity = services.activity
        self._board = services.gap_board
        self._services = services
        self._retry_seconds = retry_seconds
        self._has_watched = False  # and failed since, where the job begins again
        self._stop = threading.Event()
        jobs = [self._warm, self._poll, self._weigh, self._forget, self._group, self._draw] + (
            [self._watch] if self._settings.watch and self._settings.entries.is_dir() else []
        )
        self._threads = [
            threading.Thread(target=self._keep_up, args=(job,), name=job.__name__, daemon=True) for job in jobs
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End soon; a sync under way is safe to leave."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _keep_up(self, job: Callable[[], None]) -> None:
        """Run a job to its end, again after each failure."""
        while not self._stop.is_set():
            try:
                job()
            except Exception:  # whatever it is, the server lives on for months and must not lose the job
                log.exception("The background job %s failed; it starts again.", job.__name__)
                self._stop.wait(self._retry_seconds)
            else:
                return

    def _warm(self) -> None:
        """Clear what a killed process left, and load the model before the first person asks."""
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
        """Find out again how far entries can be relied on, where something changed."""
        while not self._stop.wait(STANDINGS_SECONDS):
            self._library.loop.update_standings()

    def _forget(self) -> None:
        """Empty the words of searches that are too old, also where the server runs for months."""
        while not self._stop.wait(FORGET_SECONDS):
            self._activity.forget_words()

    def _group(self) -> None:
        """Group what was searched in vain, so that nobody who opens the meeting waits for that."""
        while not self._stop.wait(GROUP_SECONDS):
            if self._library.state().ready:
                with suppress(ActivitySchemaError):  # it is logged already, and pages show it
                    self._board.gaps()

    def _draw(self) -> None:
        """Draw the pictures of the scoreboard after a change, so that nobody who opens it waits for them."""
        drawn = ""
        while not self._stop.wait(DRAW_SECONDS):
            state = self._library.state()
            if state.ready and state.generation != drawn:
                prepare(self._services, self._stop.is_set)
                drawn = state.generation

    def _watch(self) -> None:
        """Take in what changes; after a failure look at everything first, since nobody watched meanwhile."""
        unwatched = [None] if self._has_watched else []
        self._has_watched = True
        for paths in chain(unwatched, changes(self._settings.entries, self._stop)):
            report = self._intake.take_in(paths)
            if report is None:
                continue  # another process takes the change in, and _poll notices
            taken = len(report.added) + len(report.changed)
            if taken or report.removed:
                log.info("%d entries taken in, %d removed.", taken, len(report.removed))
            self._intake.embed_waiting(self._stop)
