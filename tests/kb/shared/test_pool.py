"""Connections that are kept open: a dead one is noticed before it is used, and a live one is not asked all the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import Engine, event, text

from kb.shared.database import Database
from tests.postgresql import RunningPostgres

pytestmark = pytest.mark.slow  # starts processes
MANY = 3
OTHERS = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def database(postgres: RunningPostgres) -> Iterator[Database]:
    """An empty database."""
    with closing(Database(postgres.empty())) as found:
        yield found


def test_connections_that_rested_are_replaced_where_they_are_dead(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.shared.pool.FRESH_SECONDS", -1.0)
    assert _asked_at_once(database.engine) == [1] * MANY
    with closing(Database(database._url.render_as_string(hide_password=False))) as other, other.engine.connect() as own:
        assert own.scalar(OTHERS) == MANY
    assert _asked_at_once(database.engine) == [1] * MANY


def test_a_connection_that_was_just_used_is_not_asked(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.shared.pool.FRESH_SECONDS", float("inf"))
    opened: list[object] = []
    event.listen(database.engine, "connect", lambda connection, _record: opened.append(connection))
    monkeypatch.setattr(database.engine.dialect, "do_ping", lambda _connection: pytest.fail("asked"))
    for _ in range(MANY):
        with database.engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
    assert len(opened) == 1


def _asked_at_once(engine: Engine) -> list[int]:
    """Ask over several connections, all of which are in use at one time."""
    all_in_use = threading.Barrier(MANY)

    def ask() -> int:
        with engine.connect() as connection:
            all_in_use.wait()
            return int(connection.scalar(text("SELECT 1")) or 0)

    with ThreadPoolExecutor(MANY) as pool:
        return [answer.result() for answer in [pool.submit(ask) for _ in range(MANY)]]
