"""Servers of two versions on one database, while one after the other is replaced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from kb.clock import CLOCK
from kb.errors import ActivityVersionError
from kb.loop.activity import Activity, Searched
from kb.people.errors import PeopleUnavailableError
from kb.people.file import VERSION, PeopleFile
from kb.people.people import People
from kb.shared.database import Database
from tests.kb.loop.old_files import steps_with
from tests.postgresql import RunningPostgres

pytestmark = pytest.mark.slow  # starts a database

ADDING = """
import sqlalchemy as sa
revision, down_revision, CHANGES_ROWS, OLDER_CAN_READ = "9999", {before!r}, False, True

def upgrade(op):
    op.add_column("searches", sa.Column("room", sa.String(), nullable=True))
"""


@pytest.fixture
def database(postgres: RunningPostgres) -> Iterator[Database]:
    """A new database."""
    opened = Database(postgres.empty())
    yield opened
    opened.close()


def _search(activity: Activity, number: str) -> None:
    activity.searched(Searched(number, activity.stamp(), "予算"))


def _count(activity: Activity) -> int:
    return len(activity.searches(""))


def test_a_step_that_older_programs_can_read_is_done_at_once_and_both_go_on(tmp_path: Path, database: Database) -> None:
    older = Activity(tmp_path / "none", database=database)
    _search(older, "s1")
    newer = Activity(tmp_path / "none", database=database, steps=steps_with(tmp_path, ADDING))
    _search(newer, "s2")
    restarted = Activity(tmp_path / "none", database=database)
    for number, activity in enumerate((older, newer, restarted), start=3):
        _search(activity, f"s{number}")
    assert [_count(activity) for activity in (older, newer, restarted)] == [5, 5, 5]


def test_a_step_that_they_cannot_read_waits_for_kb_migrate(tmp_path: Path, database: Database) -> None:
    older = Activity(tmp_path / "none", database=database)
    _search(older, "s1")
    newer = Activity(tmp_path / "none", database=database, steps=steps_with(tmp_path))
    for _ in range(2):
        with pytest.raises(ActivityVersionError, match="kb migrate"):
            _count(newer)
    _search(older, "s2")
    assert _count(older) == 2
    newer.migrate()
    assert _count(newer) == 2
    with pytest.raises(ActivityVersionError, match="newer version"):
        _count(Activity(tmp_path / "none", database=database))


@pytest.mark.parametrize(("number", "why"), [(VERSION - 1, "kb migrate"), (VERSION + 1, "newer version")])
def test_people_of_another_version_are_left_alone_until_somebody_migrates(
    database: Database, number: int, why: str
) -> None:
    People(PeopleFile(Path("none"), database), CLOCK).add("aki@example.com", "Aki", "author", [])
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE people_version SET number = :number"), {"number": number})
    file = PeopleFile(Path("none"), database)
    with pytest.raises(PeopleUnavailableError, match=why):
        People(file, CLOCK).all()
    if number > VERSION:
        with pytest.raises(PeopleUnavailableError, match=why):
            file.migrate()
    else:
        file.migrate()
        assert [person.name for person in People(file, CLOCK).all()] == ["Aki"]
