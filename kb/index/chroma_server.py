"""A Chroma server: where it answers, and the collections of one index on it."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from kb.index.vectors import HNSW, VIEWS, View

ASK_SECONDS = 3.0  # for an answer somebody waits for
WRITE_SECONDS = 15.0  # for what goes on in the background
PAGE = 100  # collections listed in one request


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """Where a Chroma server answers, and as what."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # of a proxy in front of it; secret
    tenant: str = "default_tenant"
    database: str = "default_database"
    ask_seconds: float = ASK_SECONDS
    write_seconds: float = WRITE_SECONDS

    def look(self) -> tuple[str, float]:
        """Return the version of the server and how many seconds it took to say so. Raises whatever keeps it from that.

        The database is looked for as well.
        """
        link = Link(self, self.ask_seconds)
        try:
            link.api.heartbeat()  # the first request opens the connection
            started = time.perf_counter()
            version = str(link.api.get_version())
            took = time.perf_counter() - started
            link.api.get_database(self.database, tenant=self.tenant)
            return version, took
        finally:
            link.close()


class Link:
    """Connections to a server whose requests all have one time-out. Thread-safe."""

    def __init__(self, server: ChromaServer, seconds: float) -> None:
        """Open none yet. Chroma's own `HttpClient` would ask the server something first, and wait without end."""
        from chromadb.api import ServerAPI  # takes more than a second
        from chromadb.config import Settings, System

        is_secret = server.url.startswith("https:")
        settings = Settings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=server.url,
            chroma_server_http_port=443 if is_secret else 80,  # if the address has none
            chroma_server_ssl_enabled=is_secret,
            chroma_server_ssl_verify=None if is_secret else False,  # None: as always; reading certificates takes long
            chroma_server_headers=dict(server.headers),
            anonymized_telemetry=False,
        )
        self._server = server
        self.api: Any = System(settings).instance(ServerAPI)
        self.api._session.timeout = seconds  # Chroma sets none

    def create(self, name: str) -> Any:
        """Return the collection of a name, created if there is none."""
        return self.api.create_collection(
            name,
            configuration={"hnsw": dict(HNSW), "embedding_function": None},
            get_or_create=True,
            tenant=self._server.tenant,
            database=self._server.database,
        )

    def opened(self, model: Any) -> Any:
        """Return a collection whose requests go over these connections."""
        from chromadb.api.models.Collection import Collection as Opened

        return Opened(client=self.api, model=model, embedding_function=None)

    def names(self) -> list[str]:
        """Return the names of all collections of the database."""
        names: list[str] = []
        where = {"tenant": self._server.tenant, "database": self._server.database}
        while page := self.api.list_collections(limit=PAGE, offset=len(names), **where):
            names += [model.name for model in page]
        return names

    def delete(self, name: str) -> None:
        """Delete a collection."""
        self.api.delete_collection(name, tenant=self._server.tenant, database=self._server.database)

    def close(self) -> None:
        """Close the connections."""
        self.api._session.close()


class Build:
    """The collections of one build, over connections of two kinds: with a short time-out, and with a longer one."""

    def __init__(self, server: ChromaServer, name: str) -> None:
        """Open the collections, and create what is missing."""
        self._asking, self._writing = Link(server, server.ask_seconds), Link(server, server.write_seconds)
        try:
            self._asking.api.heartbeat()  # who does not answer this in time gets no longer request
            models: dict[View, Any] = {view: self._writing.create(f"{name}-{view}") for view in VIEWS}
        except BaseException:
            self.close()
            raise
        self.asking = {view: self._asking.opened(model) for view, model in models.items()}
        self.writing = {view: self._writing.opened(model) for view, model in models.items()}

    def keep_only(self, beginning: str, names: Collection[str]) -> None:
        """Delete the collections whose names begin alike, but not with one of these names."""
        kept = tuple(f"{name}-" for name in names)
        for name in self._writing.names():
            if name.startswith(beginning) and not name.startswith(kept):
                self._writing.delete(name)

    def close(self) -> None:
        """Close all connections."""
        self._asking.close()
        self._writing.close()
