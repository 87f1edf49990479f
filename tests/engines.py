"""The engines that indexes and services of the tests use: files, or with `--engines served` PostgreSQL and Chroma."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Literal

from ingest.chunk import CHUNKING
from kb.index.chroma_server import ChromaServer
from kb.index.index import open_index
from kb.index.served_vectors import Namespace
from kb.loop.activity import Activity
from kb.people.file import PeopleFile
from kb.shared.database import Database
from tests.chroma import RunningChroma
from tests.postgresql import RunningPostgres, running_postgres
from tests.words import WordEmbedder

MISSING = "PostgreSQL is not installed (Debian: apt install postgresql), so the lane with served engines is left out."
COLLECTIONS = 48  # that Chroma holds in memory: 3 MB each, and it forgets none that was deleted


class Files:
    """Files in the data folder, as by default."""

    def settings(self, place: Path | None = None) -> dict[str, Any]:
        """Return the settings of one more installation, or of the one in a place."""
        return {}

    def copied(self, stored: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of one more installation that begins with what a closed one has outside its folder."""
        return {}

    def of_index(self) -> dict[str, Any]:
        """Return what `open_index` is given for one more index."""
        return {}

    def forget(self, stored: dict[str, Any]) -> None:
        """Delete what an index or an installation has there, once it is closed."""


class Served:
    """A PostgreSQL and a Chroma server, each with a database for each index or installation."""

    def __init__(self, postgres: RunningPostgres, chroma: RunningChroma) -> None:
        self._postgres = postgres
        self._chroma = chroma
        self._numbers = count(1)
        self._indexes: list[Database] = []
        self._places: dict[Path | None, dict[str, Any]] = {}
        self._prepared = self._with_tables()

    def settings(self, place: Path | None = None) -> dict[str, Any]:
        """Return the settings of one more installation, or of the one in a place."""
        if place in self._places:
            return self._places[place]
        stored = self._stored(self._prepared)
        return self._places.setdefault(place, stored) if place else stored

    def copied(self, stored: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of one more installation that begins with what a closed one has in its database.

        Its vectors are sent to Chroma again.
        """
        return self._stored(_name_in(stored["database_url"]))

    def of_index(self) -> dict[str, Any]:
        """Return what `open_index` is given for one more index."""
        database = Database(self._postgres.copied(self._prepared))
        self._indexes.append(database)
        return {"database": database, "space": Namespace(self._space(), "test")}

    def forget(self, stored: dict[str, Any]) -> None:
        """Delete the database of an index or an installation, once it is closed: hundreds take gigabytes."""
        database = stored.get("database")
        self._postgres.drop(_name_in(database.name if database else stored["database_url"]))

    def close(self) -> None:
        """Close the connections."""
        for database in self._indexes:
            database.close()

    def _stored(self, database: str) -> dict[str, Any]:
        server = self._space()
        address = self._postgres.copied(database)
        return {"database_url": address, "chroma_url": server.url, "chroma_database": server.database}

    def _space(self) -> ChromaServer:
        """Return a new database of Chroma: to look for its collections takes as long as it has many."""
        name = f"test-{next(self._numbers)}"
        self._chroma.create(name)
        return ChromaServer(self._chroma.url, database=name)

    def _with_tables(self) -> str:
        """Return the name of a database with the tables of an installation, which takes half a second."""
        address = self._postgres.empty()
        with closing(Database(address)) as database, tempfile.TemporaryDirectory() as folder:
            Activity(Path("none"), is_kept=False, database=database).migrate()
            PeopleFile(Path("none"), database).migrate()
            open_index(Path(folder), WordEmbedder(), CHUNKING, database=database).close()
        return _name_in(address)


def _name_in(address: str) -> str:
    """Return the name of a database."""
    return address.rpartition("/")[2]


Engines = Files | Served


@contextmanager
def running(engines: Literal["files", "served"]) -> Iterator[Engines]:
    """Run engines until the tests are over."""
    if engines == "files":
        yield Files()
        return
    with running_postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        chroma = RunningChroma(Path(folder) / "chroma", most=COLLECTIONS)
        chroma.start()
        served = Served(postgres, chroma)
        try:
            yield served
        finally:
            served.close()
            chroma.kill()
