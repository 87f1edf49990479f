"""`kb serve --workers N`: processes that serve one socket, and one that starts each again when it ends."""

from __future__ import annotations

import json
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from app.settings import Settings
from kb.errors import KBError
from kb.wording import say

LOOK_SECONDS = 0.1  # how often it is looked whether one has ended
SETTLED_SECONDS = 30.0  # after which the end of a process is no fault of its start
MOST_FAILURES = 4  # starts in a row that fail, of each process: then the fault lies elsewhere
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before another start, from the second failure on; doubles
log = logging.getLogger(__name__)


class DatabaseNeededError(KBError):
    """Several processes can only share a database."""

    def __init__(self, count: int) -> None:
        super().__init__(
            say(
                "{count} processes can serve together only with a PostgreSQL database."
                " Set KB_DATABASE_URL, or KB_WORKERS=1.",
                count=count,
            )
        )


class WorkersEndError(KBError):
    """The processes end as soon as they have started."""

    def __init__(self) -> None:
        super().__init__(
            say("The server ends: its processes stop again as soon as they start. Their messages say why.")
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What a process is told at its start, through a pipe: its arguments could be read by everybody on the machine."""

    handle: int  # of the socket
    number: int  # of the process, from 1
    workers: int
    host: str
    port: int
    secret: str  # with which commands on this machine ask the server
    language: str
    way: str  # how the server was started, for the audit log
    is_first: bool  # the one that says what there is to say at the start of a server


def need_database(settings: Settings) -> None:
    """Raise DatabaseNeededError if several processes should serve without one."""
    if settings.workers > 1 and not settings.database_url.get_secret_value():
        raise DatabaseNeededError(settings.workers)


def start(told: Told) -> subprocess.Popen[bytes]:
    """Start a process that serves until it is ended, or this one ends."""
    command = [sys.executable, "-P", "-m", "app.cli.worker"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[told.handle])  # noqa: S603 - our own module
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it has ended already, which is noticed soon
        process.stdin.write(json.dumps(asdict(told)).encode() + b"\n")
        process.stdin.flush()
    return process


class Worker:
    """One place among the processes, where another takes over when one ends."""

    def __init__(self, number: int, begin: Callable[[bool], subprocess.Popen[bytes]]) -> None:
        """`begin` starts a process, and hears whether it is the first one of this place."""
        self._number = number
        self._begin = begin
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._again = 0.0  # when the next one may start
        self.failures = 0  # starts in a row after which it ended soon

    def keep_up(self) -> None:
        """Start a process if none runs, unless the last one has failed a moment ago."""
        if self._process and (code := self._process.poll()) is not None:
            self._note_end(code)
        if self._process is None and time.monotonic() >= self._again:
            self._process = self._begin(not self._began)
            self._began = time.monotonic()

    def end(self) -> None:
        """Let the process finish its requests and end."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        """Wait until it has ended."""
        if self._process:
            self._process.wait()
            self._forget()

    def _note_end(self, code: int) -> None:
        now = time.monotonic()
        self.failures = self.failures + 1 if now - self._began < SETTLED_SECONDS else 0
        pause = min(FIRST_PAUSE * 2.0 ** (self.failures - 2), LONGEST_PAUSE) if self.failures > 1 else 0.0
        self._again = now + pause
        log.warning("Process %d ended (%s); another one starts.", self._number, _how(code))
        self._forget()

    def _forget(self) -> None:
        if self._process and self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process = None


def serve_with_workers(settings: Settings, opened: socket.socket, secret: str, language: str, way: str) -> None:
    """Run the processes until this one is ended. Raises WorkersEndError."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ending.set())

    def worker(number: int) -> Worker:
        about = (settings.workers, settings.host, settings.port, secret, language, way)
        return Worker(number, lambda is_new: start(Told(opened.fileno(), number, *about, is_new and number == 1)))

    watch_over([worker(number) for number in range(1, settings.workers + 1)], ending)


def watch_over(workers: Sequence[Worker], ending: threading.Event) -> None:
    """Keep processes running until the server is `ending`, and end them then. Raises WorkersEndError."""
    try:
        while not ending.wait(LOOK_SECONDS):
            for one in workers:
                one.keep_up()
            if all(one.failures >= MOST_FAILURES for one in workers):
                raise WorkersEndError
    finally:
        for one in workers:
            one.end()
        for one in workers:
            one.wait()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"status {code}"
