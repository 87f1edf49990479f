"""Keep background jobs running: log failures, back off, start again, and know when each last succeeded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from kb.clock import CLOCK, Clock
from kb.errors import KBError, why_refused
from kb.wording import say

FIRST_RETRY = 5.0  # seconds after a failure; doubles with each further one
LONGEST_RETRY = 300.0
LATE_PERIODS = 5  # without success; a job on a busy machine needs some
LATE_SECONDS = 120.0  # at least
JOIN_SECONDS = 5.0  # for each job, when the server stops
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of background work, done again and again."""

    name: str
    work: Callable[[], object]
    every: float  # seconds from the end of one run to the next
    at_once: bool = False  # the first run does not wait
    wake: threading.Event = field(default_factory=threading.Event)  # starts the next run at once


@dataclass(frozen=True, slots=True)
class JobState:
    """How a job is doing."""

    name: str
    every: float
    succeeded: datetime | None  # when it last did; UTC
    failed: datetime | None
    why: str  # of the last failure, without anything that only the log should show
    is_failing: bool  # the last run failed
    is_late: bool  # it has not succeeded for several periods

    @property
    def is_well(self) -> bool:
        """Whether nobody has to look at it."""
        return not (self.is_failing or self.is_late)


class _Record:
    """What is known of one job."""

    def __init__(self, job: Job, at: float) -> None:
        self.job = job
        self.last = at  # on the monotonic clock: the last success, or the start
        self.succeeded: datetime | None = None
        self.failed: datetime | None = None
        self.why = ""
        self.failures = 0  # in a row
        self.was_late = False
        self.again = threading.Event()  # ends the pause after a failure


class Supervisor:
    """Runs each job in a thread of its own. Thread-safe."""

    def __init__(
        self,
        jobs: Iterable[Job],
        clock: Clock = CLOCK,
        *,
        first_retry: float = FIRST_RETRY,
        monotonic: Callable[[], float] = time.monotonic,  # the clock of the machine may be set back
    ) -> None:
        self.stopping = threading.Event()
        self._clock = clock
        self._first_retry = first_retry
        self._monotonic = monotonic
        self._records = {job.name: _Record(job, monotonic()) for job in jobs}
        self._threads = [
            threading.Thread(target=self._keep_up, args=(record,), name=record.job.name, daemon=True)
            for record in self._records.values()
        ]

    def start(self) -> None:
        """Start the threads."""
        for record in self._records.values():
            record.last = self._monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop the threads soon; work under way may be abandoned safely."""
        self.stopping.set()
        for record in self._records.values():
            record.job.wake.set()
            record.again.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=JOIN_SECONDS)

    def states(self) -> list[JobState]:
        """Return how each job is doing."""
        return [self._state(record) for record in self._records.values()]

    def succeeded(self, name: str) -> None:
        """Note that a job did some of its work, though its run goes on."""
        record = self._records[name]
        record.last, record.succeeded = self._monotonic(), self._clock.now()
        if record.failures or record.was_late:
            log.info("The background job '%s' works again.", name)
        record.failures, record.was_late = 0, False

    def try_again(self) -> None:
        """Start the jobs that failed, without the rest of their pauses: what they need is back."""
        for record in self._records.values():
            if record.failures:
                record.again.set()

    def log_late(self) -> None:
        """Log each job that has become late, once."""
        for record in self._records.values():
            if self._state(record).is_late and not record.was_late:
                record.was_late = True
                log.error("The background job '%s' has not succeeded for too long.", record.job.name)

    def _keep_up(self, record: _Record) -> None:
        """Run a job until the end, whatever happens to it."""
        job = record.job
        if not job.at_once:
            job.wake.wait(job.every)
        while not self.stopping.is_set():
            job.wake.clear()
            try:
                job.work()
                self.succeeded(job.name)
                if not self.stopping.is_set():
                    job.wake.wait(job.every)
            except BaseException as error:  # also MemoryError, and the panics of libraries written in Rust
                with suppress(BaseException):  # logging may meet the same fault
                    self._note_failure(record, error)
                record.again.wait(pause_after(record.failures, self._first_retry))
                record.again.clear()

    def _note_failure(self, record: _Record, error: BaseException) -> None:
        """Record a failure; log it where it is another one than before."""
        before = (record.failures, record.why)
        record.failures += 1
        record.failed, record.why = self._clock.now(), _sentence(error)
        if before[0] and before[1] == record.why:
            return
        if isinstance(error, KBError):
            log.error("The background job '%s' failed; it is tried again: %s", record.job.name, record.why)
        else:
            log.error("The background job '%s' failed; it is tried again.", record.job.name, exc_info=error)

    def _state(self, record: _Record) -> JobState:
        most = max(LATE_PERIODS * record.job.every, LATE_SECONDS)
        return JobState(
            name=record.job.name,
            every=record.job.every,
            succeeded=record.succeeded,
            failed=record.failed,
            why=record.why,
            is_failing=record.failures > 0,
            is_late=self._monotonic() - record.last > most,
        )


def pause_after(failures: int, first: float = FIRST_RETRY) -> float:
    """Return how long to wait after so many failures in a row."""
    return min(first * 2.0 ** min(max(failures - 1, 0), 30), LONGEST_RETRY)


def _sentence(error: BaseException) -> str:
    """Return why a job failed, without paths and texts of entries: whoever reaches the server may read it."""
    if isinstance(error, KBError):
        return error.sentence
    if isinstance(error, OSError) and error.strerror:
        return why_refused(error)
    return say("{name}; the log of the server has the details.", name=type(error).__name__)
