"""A server waits for a database that has no room for it now, and does not start where one turns it away for good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from kb.shared.database import Database, DatabaseRefusedError
from tests.postgresql import RunningPostgres

pytestmark = pytest.mark.slow  # starts a process


@pytest.fixture(scope="module")
def address(postgres: RunningPostgres) -> Iterator[str]:
    """A database that not everybody may enter, and roles of which one has no connection left."""
    address = postgres.empty()
    name = address.rpartition("/")[2]
    with closing(Database(address)) as database:
        with database.engine.begin() as connection:
            connection.execute(text("CREATE ROLE welcome_full LOGIN CONNECTION LIMIT 0"))
            connection.execute(text("CREATE ROLE welcome_stranger LOGIN"))
            connection.execute(text(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC"))
            connection.execute(text(f"GRANT CONNECT ON DATABASE {name} TO welcome_full"))
        yield address


def test_no_room_is_waited_for(address: str) -> None:
    with closing(Database(address.replace("kb@", "welcome_full@"))) as full:
        assert "too many connections" in full.trouble()
        full.need_welcome()


def test_a_server_that_is_away_or_lets_us_in_is_no_refusal(address: str) -> None:
    for reached in (address, "postgresql+psycopg://kb@127.0.0.1:1/kb"):
        with closing(Database(reached)) as database:
            database.need_welcome()


@pytest.mark.parametrize("who", ["welcome_stranger", "welcome_nobody", "kb"])
def test_a_no_for_good_is_a_refusal(who: str, address: str) -> None:
    place = f"{address}x" if who == "kb" else address
    with closing(Database(place.replace("kb@", f"{who}@"))) as database, pytest.raises(DatabaseRefusedError) as error:
        database.need_welcome()
    assert "Check KB_DATABASE_URL" in error.value.sentence
