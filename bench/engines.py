"""Engines of our own, each in a folder and on a free port, that can be killed and started again."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

NOBODY = 65534  # the user without rights, on every Linux
START_SECONDS = 300.0
BETWEEN_SECONDS = 0.3  # two looks whether a program is ready
ASK_SECONDS = 20.0  # for an answer whether it is ready, on a machine that is busy
HOST = "127.0.0.1"
POSTGRES = "postgresql"
_QUIET = subprocess.DEVNULL


class MissingError(Exception):
    """A program is not installed."""


def program(name: str) -> str:
    """Return where a program is: in the path, beside Python, or where Debian has PostgreSQL. Raises MissingError."""
    places = [os.environ.get("PATH", ""), sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    places += map(str, Path("/usr/lib/postgresql").glob("*/bin"))
    if found := shutil.which(name, path=os.pathsep.join(places)):
        return found
    raise MissingError(name)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Postgres:
    """PostgreSQL with its default settings, except that it does not wait for the disk."""

    name = POSTGRES

    def __init__(self, folder: Path) -> None:
        """Create its files, if the folder does not exist. Raises MissingError."""
        self._folder = folder.resolve()
        self._user = NOBODY if os.geteuid() == 0 else None  # it refuses to run as root
        self.port = free_port()
        if not folder.is_dir():
            self._create(f"{self._folder}/data")

    @property
    def address(self) -> str:
        """The address of its database."""
        return f"postgresql+psycopg://kb@{HOST}:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        where = f"-h {HOST} -p {self.port} -k {self._folder} -F"
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-w", "-l", f"{self._folder}/log", "start", "-o", where)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        if Path(f"{self._folder}/data/postmaster.pid").is_file():
            self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "immediate", "stop")

    def stop(self) -> None:
        """End it with everything written down."""
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "fast", "stop")

    def _create(self, data: str) -> None:
        self._folder.mkdir()
        if self._user:
            os.chown(self._folder, self._user, self._user)
        self._run("initdb", "-D", data, "-U", "kb", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def _run(self, name: str, *arguments: str) -> None:
        command = [program(name), *arguments]
        subprocess.run(command, user=self._user, cwd=self._folder, check=True, stdout=_QUIET, timeout=START_SECONDS)


class Process:
    """A program that answers over HTTP."""

    def __init__(
        self, name: str, command: Sequence[str], port: int, ready: str, log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        """`ready` is the path that is answered with 200 as soon as the program is ready."""
        self.name = name
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self._command = command
        self._ready = ready
        self.log = log
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start it; it may take a while until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._env, cwd=self.log.parent)

    def start(self) -> None:
        """Start it, again whenever it ends, and wait until it is ready."""
        self.begin()
        ends = time.monotonic() + START_SECONDS
        while not self.is_ready:
            if time.monotonic() > ends:
                raise RuntimeError(f"{self.name} does not become ready: {self.said()}")
            time.sleep(BETWEEN_SECONDS)
            if self._process and self._process.poll() is not None:  # as when the database is away
                self.begin()

    @property
    def pid(self) -> int:
        """The number of the process, which runs."""
        assert self._process
        return self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether it says that it is ready."""
        try:
            with urllib.request.urlopen(f"{self.url}{self._ready}", timeout=ASK_SECONDS) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def said(self) -> str:
        """Return the end of its log."""
        return self.log.read_text("utf-8", "replace")[-2_000:]

    def kill(self) -> None:
        """Kill it at once."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it pause, as a machine that is overloaded or moved does."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill_worker(self, chance: random.Random) -> None:
        """Kill one of the processes it has started, which it starts again."""
        with suppress(psutil.Error):
            if self._process and (workers := psutil.Process(self._process.pid).children()):
                chance.choice(workers).kill()

    def times_said(self, words: str) -> int:
        """Return how often something stands in its log."""
        return self.log.read_text("utf-8", "replace").count(words)

    def _signal(self, number: int) -> None:
        if self._process:
            self._process.send_signal(number)


def chroma(folder: Path) -> Process:
    """Return a Chroma server. Raises MissingError."""
    folder.mkdir()
    port = free_port()
    command = [program("chroma"), "run", "--path", str(folder), "--host", HOST, "--port", str(port)]
    return Process("chroma", command, port, "/api/v2/heartbeat", folder / "log")


def ours(name: str, folder: Path, command: Sequence[str], port: int, ready: str, env: Mapping[str, str]) -> Process:
    """Return a program of ours that serves on a port, with a data folder of its own."""
    folder.mkdir()
    paths = filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")))
    env = {**env, "KB_DATA": str(folder / "var"), "PYTHONPATH": os.pathsep.join(paths)}
    return Process(name, command, port, ready, folder / "log", env)
