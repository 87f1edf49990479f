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
