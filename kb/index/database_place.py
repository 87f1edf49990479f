"""A build in PostgreSQL: a schema of its own, beside one for what all builds share. Servers write to it in turns."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from kb.errors import DatabaseAwayError, IndexBusyError, IndexTurnLostError
from kb.index import embedding_cache, served_schema
from kb.index.builds import Build, other_builds, superseded, use
from kb.index.catalog import Catalog
from kb.index.embedding_cache import EmbeddingCache
from kb.index.folder_place import builds_in
from kb.index.place import beginning, build_for
from kb.index.vectors import View
from kb.shared.database import Database, take_turn, why_away
from kb.shared.leases import Leases, Turn
from kb.shared.notices import tell

COMMON = "kb_index"  # the schema of what all builds share; those of builds begin with it, too
LOCK = 7_355_615  # while schemas are created
TURN_SECONDS = 10.0  # after which another process takes over from one that was killed, or does not get on
BETWEEN_SECONDS = 0.1  # two attempts to get the write lock
ANALYSED = ("entries", "chunks", "facet_values", "names", "links", "passage_terms", "postings")
_IS_THERE = text(f"SELECT to_regclass('{COMMON}.builds') IS NOT NULL")
_MAY_CREATE = text("SELECT has_database_privilege(current_database(), 'CREATE')")
_TABLE = text(
    "CREATE TABLE IF NOT EXISTS builds (label text NOT NULL, name text NOT NULL,"
    " made timestamptz NOT NULL DEFAULT clock_timestamp(), served timestamptz, PRIMARY KEY (label, name))"
)
_ADD = text("INSERT INTO builds (label, name) VALUES (:label, :name)")
_HAS_SCHEMA = f"to_regnamespace('{COMMON}_' || label || '_' || replace(substr(name, 7), '-', '_')) IS NOT NULL"
_NAMES = text(f'SELECT name FROM builds WHERE label = :label AND {_HAS_SCHEMA} ORDER BY name COLLATE "C"')  # noqa: S608
_USED = text(  # names of builds that are there or were, also in halves
    "SELECT name FROM builds WHERE label = :label UNION SELECT 'build-' || replace(substr(nspname, :from), '_', '-')"
    " FROM pg_namespace WHERE starts_with(nspname, :prefix) ORDER BY 1"
)
_CURRENT = text(
    "SELECT name FROM builds WHERE label = :label AND starts_with(name, :beginning) AND served IS NOT NULL"  # noqa: S608
    f" AND {_HAS_SCHEMA} ORDER BY served DESC LIMIT 1"
)
_IS_GONE = text(f"SELECT to_regclass(:table) IS NULL OR to_regclass('{COMMON}.builds') IS NULL")
_SERVE = text("UPDATE builds SET served = clock_timestamp() WHERE label = :label AND name = :name")
_FORGET = text(
    "DELETE FROM builds WHERE label = :label AND name = :name"
    " AND NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = :schema)"
)
_REFERENCED: tuple[tuple[View, str, str, str], ...] = (
    ("bodies", "chunks", "body_key", "number"),
    ("heads", "chunks", "head_key", "number"),
    ("situations", "situations", "key", "entry"),
)
_LACKING = {
    view: text(
        f"SELECT {key} FROM {table} WHERE NOT EXISTS (SELECT 1 FROM vectors WHERE vectors.key = {table}.{key})"  # noqa: S608
        f" GROUP BY {key} ORDER BY max({number})"
    )
    for view, table, key, number in _REFERENCED
}
log = logging.getLogger(__name__)


class DatabasePlace:
    """One build in its schema.

    Each fingerprint has a build that is served: during an upgrade, servers of two versions work side by side.
    """

    has_files = False

    def __init__(self, database: Database, root: Path, label: str, fingerprint: str, *, fresh: bool = False) -> None:
        """Open the build for a fingerprint, created if there is none. Raises DatabaseAwayError."""
        self.root = root
        self._label = label
        self._beginning = beginning(fingerprint)
        self.database = database
        self._leases = Leases(database)
        self._turn: Turn | None = None
        self._is_first = False
        self._common = database.within(COMMON)
        self.name = self._opened(fingerprint, fresh=fresh)
        self._tidy()
        self._common.dispose()  # it is not needed any more
        self.schema = _schema(label, self.name)
        self._engine = database.within(self.schema, COMMON)
        self.catalog = Catalog(self._engine, self._check)
        self.cache = EmbeddingCache(self._engine)

    def begin_with(self, file: Path) -> None:
        """Take over the embedding cache a server had before the database had any: nothing is embedded again."""
        if self._is_first and file.is_file():
            own = EmbeddingCache(file)
            self.cache.take_over(own)
            own.close()

    def current(self) -> str:
        """Return the name of the build being served; empty if there is none."""
        with self.catalog.engine.connect() as connection:
            return self._current(connection)

    def builds(self) -> list[str]:
        """Return the names of all builds, by name."""
        with self.catalog.engine.connect() as connection:
            return self._names(connection)

    def is_gone(self) -> bool:
        """Whether somebody deleted it. Raises DatabaseAwayError."""
        with self.catalog.engine.connect() as connection:
            return bool(connection.scalar(_IS_GONE, {"table": f"{self.schema}.meta"}))

    def make_current(self) -> None:
        """Serve this build from now on, and delete those that nobody needs any more."""
        with self.catalog.writing() as connection:
            connection.execute(_SERVE, {"label": self._label, "name": self.name})
        self.forget_superseded()
        for table in ANALYSED:
            self._tend(f"ANALYZE {table}")

    def note_use(self) -> None:
        """Say that a server uses this build, which is kept for some minutes then. Raises SQLAlchemyError."""
        use(self._leases, self._label, self.name)

    def forget_superseded(self) -> None:
        """Delete builds that nobody needs any more. Raises DatabaseAwayError."""
        with self.catalog.engine.connect() as connection:
            others = other_builds(connection, self._label, self.name)
        for name in superseded(others, self._beginning):
            self._forget(name)

    @contextmanager
    def writing(self, wait: float) -> Iterator[None]:
        """Hold the write lock. Raises IndexBusyError if another process has it for more than `wait` seconds."""
        deadline = time.monotonic() + wait
        while (turn := self._taken()) is None:
            if time.monotonic() >= deadline:
                raise IndexBusyError
            time.sleep(BETWEEN_SECONDS)
        self._turn = turn
        try:
            yield
        finally:
            self._turn = None
            turn.end()

    def lacking(self) -> Mapping[View, Sequence[str]]:
        """Return the keys of referenced vectors that nobody has embedded, the newest last."""
        with self.catalog.engine.connect() as connection:
            return {view: list(connection.scalars(query)) for view, query in _LACKING.items()}

    def close(self) -> None:
        """Close all connections; those of the database that others use as well are opened again."""
        self._engine.dispose()
        self.database.close()

    def _tidy(self) -> None:
        """Delete what this machine kept beside builds that are gone."""
        self.root.mkdir(parents=True, exist_ok=True)
        with self._common.connect() as connection:
            known = self._names(connection)
        for folder in builds_in(self.root):
            if folder not in known:
                shutil.rmtree(self.root / folder, ignore_errors=True)

    def _taken(self) -> Turn | None:
        try:
            return self._leases.turn(f"index-{self._label}", TURN_SECONDS)
        except SQLAlchemyError as error:
            log.warning("The database cannot be used: %s", why_away(error))
            raise DatabaseAwayError from error

    def _check(self, connection: Connection) -> None:
        """Refuse a transaction of work whose turn another process has taken over; all hear of one that is committed.

        Raises IndexTurnLostError.
        """
        if self._turn and not self._turn.is_held(connection):
            raise IndexTurnLostError
        tell(connection)

    def _opened(self, fingerprint: str, *, fresh: bool) -> str:
        """Return the name of the build to use; creates what is missing, one process at a time."""
        with self._common.begin() as connection:
            if connection.scalar(_IS_THERE) and not fresh:
                name = self._wanted(connection, fingerprint, fresh=fresh)
                if name in self._names(connection):
                    return name
            self._is_first = _prepare(connection)
            name = self._wanted(connection, fingerprint, fresh=fresh)
            if name not in self._names(connection):
                connection.execute(_ADD, {"label": self._label, "name": name})
                schema = _schema(self._label, name)
                connection.execute(text(f"CREATE SCHEMA {schema}"))
                connection.execute(text(f"SET LOCAL search_path = {schema}"))
                served_schema.create_tables(connection)
        return name

    def _wanted(self, connection: Connection, fingerprint: str, *, fresh: bool) -> str:
        """Return the name of the build to open; that of a new one was never used, whatever somebody deleted."""
        names = self._names(connection)
        name = build_for(fingerprint, names, self._current(connection), fresh=fresh)
        if name in names:
            return name
        prefix = _schema(self._label, "")
        used = connection.scalars(_USED, {"label": self._label, "prefix": prefix, "from": len(prefix) + 1})
        return build_for(fingerprint, sorted(used), "", fresh=True)

    def _names(self, connection: Connection) -> list[str]:
        return list(connection.scalars(_NAMES, {"label": self._label}))

    def _current(self, connection: Connection) -> str:
        return connection.scalar(_CURRENT, {"label": self._label, "beginning": self._beginning}) or ""

    def _forget(self, name: str) -> None:
        self._tend(f"DROP SCHEMA IF EXISTS {_schema(self._label, name)} CASCADE")
        with self.catalog.writing() as connection:
            connection.execute(_FORGET, {"label": self._label, "name": name, "schema": _schema(self._label, name)})

    def _tend(self, statement: str) -> None:
        """Do what can be done as well by the next build: who still reads an old one keeps it from being deleted."""
        try:
            with self.catalog.engine.connect() as connection:
                connection.execute(text(statement))
        except Exception as error:
            log.warning("'%s' failed: %s", statement, error)


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of an index in a database."""

    build: str  # served last; empty if there is none
    may_create: bool  # whether we have the right to create schemas
    others: Sequence[Build] = ()  # that stand beside it


def look(database: Database, label: str) -> Found:
    """Return what there is. Raises DatabaseAwayError."""
    engine = database.within(COMMON)
    with engine.connect() as connection:
        may_create = bool(connection.scalar(_MAY_CREATE))
        is_there = may_create and connection.scalar(_IS_THERE)
        build = connection.scalar(_CURRENT, {"label": label, "beginning": ""}) if is_there else ""
        others = other_builds(connection, label, build) if build else []
    engine.dispose()
    return Found(build or "", may_create, others)


def shared_cache(database: Database) -> EmbeddingCache:
    """Return the embedding cache in a database, created if there is none. Raises DatabaseAwayError."""
    engine = database.within(COMMON)
    with engine.begin() as connection:
        _prepare(connection)
    return EmbeddingCache(engine)


def _prepare(connection: Connection) -> bool:
    """Create what all builds share, one process at a time; return whether it was not there."""
    take_turn(connection, LOCK)
    if connection.scalar(_IS_THERE):
        return False
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {COMMON}"))
    connection.execute(_TABLE)
    embedding_cache.create_tables(connection)
    return True


def _schema(label: str, name: str) -> str:
    return f"{COMMON}_{label}_{name.removeprefix('build-').replace('-', '_')}"
