"""A PostgreSQL server of our own in a folder, on a free port, that a test can kill and start again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

NOBODY = 65534  # the user without rights, on every Linux
START_SECONDS = 60
CONNECTIONS = 500  # a file of tests may have fifty applications open, each with a few


def has_postgresql() -> bool:
    """Whether a server can be run."""
    return _found("initdb") is not None


def _found(name: str) -> str | None:
    places = [os.environ.get("PATH", ""), *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    return shutil.which(name, path=os.pathsep.join(places))


def _program(name: str) -> str:
    found = _found(name)
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    return found


class RunningPostgres:
    """A server that keeps its files, and its port, when it is killed."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._user = NOBODY if os.geteuid() == 0 else None  # the server refuses to run as root
        self._numbers = count(1)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def create(self) -> None:
        """Create the files, and start."""
        if self._user:
            os.chown(self._folder, self._user, self._user)
        data = f"{self._folder}/data"
        self._run(_program("initdb"), "-D", data, "-U", "kb", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        where = f"-h 127.0.0.1 -p {self.port} -k {self._folder} -N {CONNECTIONS} -F"
        self._control("-w", "-l", f"{self._folder}/log", "start", "-o", where)

    def kill(self) -> None:
        """End it at once, as a crash does, if it runs."""
        if Path(f"{self._folder}/data/postmaster.pid").is_file():
            self._control("-m", "immediate", "stop")

    def address(self, name: str = "postgres") -> str:
        """Return the address of a database."""
        return f"postgresql+psycopg://kb@127.0.0.1:{self.port}/{name}"

    def empty(self) -> str:
        """Return the address of a new database."""
        return self.copied("template0")

    def copied(self, name: str) -> str:
        """Return the address of a new database with what another one has, to which nobody is connected."""
        copy = f"t{next(self._numbers)}"
        self._say(f"CREATE DATABASE {copy} TEMPLATE {name} {self._way}")
        return self.address(copy)

    def drop(self, name: str) -> None:
        """Delete a database, whoever is connected to it."""
        self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def _say(self, statement: str) -> None:
        engine = create_engine(self.address(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))

    @cached_property
    def _way(self) -> str:
        """The faster way to copy a database, which was the only one before version 15."""
        version = int(Path(f"{self._folder}/data/PG_VERSION").read_text("ascii"))
        return "STRATEGY FILE_COPY" if version >= 15 else ""

    def _control(self, *arguments: str) -> None:
        self._run(_program("pg_ctl"), "-D", f"{self._folder}/data", *arguments)

    def _run(self, *command: str) -> None:
        quiet = subprocess.DEVNULL
        subprocess.run(command, user=self._user, cwd=self._folder, check=True, stdout=quiet, timeout=START_SECONDS)


@contextmanager
def running_postgres() -> Iterator[RunningPostgres]:
    """Run a server until the tests are over."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with tempfile.TemporaryDirectory() as folder:
        server = RunningPostgres(folder)
        server.create()
        try:
            yield server
        finally:
            server.kill()
