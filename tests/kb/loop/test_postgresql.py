"""The steps also lead to the tables of the code on a PostgreSQL server, where one is installed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, NullPool, create_engine, text

from kb.loop.migrations.upgrading import upgrade
from kb.loop.schema import STEPS, UNSTAMPED, Version, revisions, version_of
from kb.loop.tables import METADATA
from tests.kb.loop.old_files import steps_with
from tests.postgresql import RunningPostgres

pytestmark = pytest.mark.slow  # starts processes, or waits for background work

SEARCH = text("INSERT INTO searches VALUES ('s', '2026', '予算', 'ja', '', '[]', 'none', 4, 0, 'a', '')")
TOTAL = text("SELECT total FROM searches")


@pytest.fixture(scope="module")
def server(postgres: RunningPostgres) -> Engine:
    """A database of a PostgreSQL server."""
    return create_engine(postgres.empty(), poolclass=NullPool)


@pytest.fixture
def database(server: Engine) -> Engine:
    """The server with nothing in it."""
    with server.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return server


def _upgraded(engine: Engine, steps: Path = STEPS) -> list[str]:
    """Bring a database up to date; return the names under which it should have been copied."""
    copies: list[str] = []
    with engine.connect() as connection:
        upgrade(connection, copies.append, steps)
    return copies


def test_the_steps_lead_to_the_tables_of_the_code(database: Engine) -> None:
    assert _upgraded(database) == []
    with database.connect() as connection:
        assert version_of(connection).is_current
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


@pytest.mark.parametrize("until", UNSTAMPED)
def test_tables_of_each_earlier_version_are_recognised_and_completed(database: Engine, until: str) -> None:
    names = {name for version, added in UNSTAMPED.items() if version <= until for name in added}
    with database.begin() as connection:
        METADATA.create_all(connection, [table for table in METADATA.sorted_tables if table.name in names])
        connection.execute(SEARCH)
        assert version_of(connection) == Version(until, revisions(STEPS)[-1], is_stamped=False)
    assert _upgraded(database) == []
    with database.connect() as connection:
        assert version_of(connection).is_current and connection.scalar(TOTAL) == 4
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_only_one_of_many_at_once_changes_rows(database: Engine, tmp_path: Path) -> None:
    _upgraded(database)
    with database.begin() as connection:
        connection.execute(SEARCH)
    steps = steps_with(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        copies = list(pool.map(lambda _: _upgraded(database, steps), range(4)))
    assert sorted(copies) == [[], [], [], ["before-9999"]]
    with database.connect() as connection:
        assert connection.scalar(TOTAL) == 8
