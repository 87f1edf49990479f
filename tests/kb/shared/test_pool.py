"""Connections that are kept open: a dead one is noticed before it is used, and a live one is not asked all the time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from kb.shared.pool import look_after
from tests.postgresql import RunningPostgres

pytestmark = pytest.mark.slow  # starts processes
MANY = 3
OTHERS = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def ends_all(postgres: RunningPostgres) -> Iterator[tuple[URL, Callable[[], int]]]:
    """A database, and what ends all connections to it."""
    address = make_url(postgres.empty()).set(drivername="postgresql+psycopg")
    other = create_engine(address)

    def end() -> int:
        with other.connect() as own:
            return int(own.scalar(OTHERS) or 0)

    yield address, end
    other.dispose()


def test_connections_that_rested_are_replaced_where_they_are_dead(ends_all: tuple[URL, Callable[[], int]]) -> None:
    ours = create_engine(ends_all[0])
    look_after(ours, rested=-1)
    for _ in range(2):
        assert _asked_at_once(ours) == [1] * MANY
        assert ends_all[1]() == MANY
    ours.dispose()


def test_a_connection_that_was_just_used_is_not_asked(ends_all: tuple[URL, Callable[[], int]]) -> None:
    ours = create_engine(ends_all[0])
    look_after(ours, rested=float("inf"))
    assert _asked_at_once(ours) == [1] * MANY
    assert ends_all[1]() == MANY
    with ours.connect() as dead, pytest.raises(OperationalError):
        dead.scalar(text("SELECT 1"))
    assert _asked_at_once(ours) == [1] * MANY  # the others were dead as well
    ours.dispose()


def _asked_at_once(engine: Engine) -> list[int]:
    """Ask over several connections, all of which are in use at one time."""
    all_in_use = threading.Barrier(MANY)

    def ask() -> int:
        with engine.connect() as connection:
            all_in_use.wait()
            return int(connection.scalar(text("SELECT 1")) or 0)

    with ThreadPoolExecutor(MANY) as pool:
        return [answer.result() for answer in [pool.submit(ask) for _ in range(MANY)]]
