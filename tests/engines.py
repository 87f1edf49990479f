"""The engines that indexes and services of the tests use: files, or with `--engines served` PostgreSQL and Chroma."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Literal

from kb.index.chroma_server import ChromaServer
from kb.index.served_vectors import Namespace
from kb.shared.database import Database
from tests.chroma import RunningChroma
from tests.postgresql import RunningPostgres, running_postgres

Engines = Literal["files", "served"]
OPENING = frozenset({"index", "make_client"})  # the fixtures that open an index or services
MISSING = "PostgreSQL is not installed (Debian: apt install postgresql), so the lane with served engines is left out."


class Files:
    """Files in the data folder, as by default."""

    def settings(self) -> dict[str, Any]:
        """Return the settings of one more installation."""
        return {}

    def of_index(self) -> dict[str, Any]:
        """Return what `open_index` is given for one more index."""
        return {}

    def close(self) -> None:
        """Close nothing."""


class Served:
    """A PostgreSQL and a Chroma server, and a database for each index or installation."""

    def __init__(self, postgres: RunningPostgres, chroma: RunningChroma) -> None:
        self._postgres = postgres
        self._chroma = chroma
        self._numbers = count(1)
        self._databases: list[Database] = []

    def settings(self) -> dict[str, Any]:
        """Return the settings of one more installation."""
        return {"database_url": self._postgres.empty(), "chroma_url": self._chroma.url}

    def of_index(self) -> dict[str, Any]:
        """Return what `open_index` is given for one more index."""
        database = Database(self._postgres.empty())
        self._databases.append(database)
        space = Namespace(ChromaServer(self._chroma.url), f"test-{next(self._numbers)}")
        return {"database": database, "space": space}

    def close(self) -> None:
        """Close the connections."""
        for database in self._databases:
            database.close()


@contextmanager
def running(engines: Engines) -> Iterator[Files | Served]:
    """Run engines until the tests are over."""
    if engines == "files":
        yield Files()
        return
    with running_postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        chroma = RunningChroma(Path(folder) / "chroma")
        chroma.start()
        served = Served(postgres, chroma)
        try:
            yield served
        finally:
            served.close()
            chroma.kill()
