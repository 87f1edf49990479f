"""Servers of one database tell each other of changed files, and do once what should be done once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from kb.clock import Clock
from kb.shared.changes import MOST, Changes
from kb.shared.database import Database
from kb.shared.leases import Leases
from tests.hands import Hands, hands
from tests.postgresql import RunningPostgres
from tests.waiting import wait_until

__all__ = ["hands"]
pytestmark = pytest.mark.slow  # starts processes


@pytest.fixture
def database(postgres: RunningPostgres) -> Iterator[Database]:
    """An empty database."""
    with closing(Database(postgres.empty())) as opened:
        yield opened


def test_a_server_hears_of_what_others_changed_after_it_began_to_listen(database: Database) -> None:
    one, other = Changes(database), Changes(database)
    one.note({"notes/before.md"})
    assert one.taken() == other.taken() == frozenset()
    one.note({"notes/a.md", "notes/b.md"})
    one.note({"notes/a.md"})
    assert other.taken() == {"notes/a.md", "notes/b.md"} and other.taken() == frozenset()
    assert one.taken() == {"notes/a.md", "notes/b.md"}  # its own as well: they are known already


def test_after_many_changes_or_a_long_absence_any_file_may_have_changed(database: Database, hands: Hands) -> None:
    one, other = Changes(database, Clock(lambda: hands.now)), Changes(database)
    assert other.taken() == frozenset()
    one.note({f"notes/{number}.md" for number in range(MOST + 1)})
    assert other.taken() is None
    one.note({"notes/a.md"})
    hands.forward(hours=2)
    one.note({"notes/b.md"})  # forgets what is older
    assert other.taken() is None and other.taken() == frozenset()


def test_a_lease_has_one_holder_until_its_time_is_over(database: Database) -> None:
    one, other = Leases(database), Leases(database)
    assert one.take("forget", 60) and one.take("forget", 60)
    assert not other.take("forget", 60) and other.take("sweep", 60)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE leases SET until = until - interval '2 minutes'"))
    assert other.take("forget", 60) and not one.take("forget", 60)


def test_each_take_over_of_a_lease_has_a_higher_number(database: Database) -> None:
    one, other = Leases(database), Leases(database)
    assert (one.take("sweep", 60), one.take("sweep", 60), other.take("sweep", 60)) == (1, 1, 0)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE leases SET until = until - interval '2 minutes'"))
    assert (other.take("sweep", 60), one.take("sweep", 60)) == (2, 0)


def test_a_turn_is_of_one_piece_of_work_and_ends(database: Database) -> None:
    leases = Leases(database)
    turn = leases.turn("index", 60)
    assert turn and leases.turn("index", 60) is None
    with database.engine.begin() as connection:
        assert turn.is_held(connection) and leases.turn("index", 60) is None
    turn.end()
    later = leases.turn("index", 60)
    assert later and later.number == turn.number + 1
    with database.engine.begin() as connection:
        assert later.is_held(connection) and not turn.is_held(connection)
    later.end()


def test_a_turn_is_prolonged_as_long_as_its_work_goes_on(database: Database) -> None:
    turn, other = Leases(database).turn("index", 0.3), Leases(database)
    ends = text("SELECT extract(epoch FROM until) FROM leases WHERE name = 'index'")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        first = connection.scalar(ends)
        wait_until(lambda: connection.scalar(ends) > first, "a longer lease")
    assert turn
    turn.end()
    later = other.turn("index", 60)
    assert later
    later.end()


def test_leases_of_an_earlier_version_are_kept(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE leases (name text PRIMARY KEY, holder text NOT NULL, until timestamptz)"))
        connection.execute(text("INSERT INTO leases VALUES ('sweep', 'a', clock_timestamp() + interval '1 minute')"))
    assert Leases(database).take("sweep", 60) == 0 and Leases(database).take("forget", 60) == 1
