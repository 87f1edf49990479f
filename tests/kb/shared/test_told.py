"""What processes tell each other through the database: that the index changed, pictures, the last searches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from kb.clock import Clock
from kb.loop.activity import Activity
from kb.loop.logbook import Logbook
from kb.search.answer import Answer
from kb.search.query import Filters, parse_query
from kb.shared.database import Database
from kb.shared.notices import Notices, tell
from kb.shared.pictures import SharedPictures
from kb.shared.recent import RecentSearches
from tests.postgresql import RunningPostgres, running_postgres

pytestmark = pytest.mark.slow  # starts a database


@pytest.fixture
def database(postgres: RunningPostgres) -> Iterator[Database]:
    """A new database."""
    opened = Database(postgres.empty())
    yield opened
    opened.close()


class _Now:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 2, 9, tzinfo=UTC)
        self.clock = Clock(lambda: self.at)


def test_who_listens_hears_of_a_change_and_a_lost_connection_is_made_again() -> None:
    with running_postgres() as own:
        database, stop = Database(own.empty()), Event()

        def told() -> None:
            with database.engine.begin() as connection:
                tell(connection)

        notices = Notices(database)
        heard = notices.heard(stop)
        assert next(heard)
        told()
        assert next(heard)
        own.kill()
        assert not any(heard)
        own.start()
        again = notices.heard(stop)
        assert next(again)
        told()
        assert next(again)
        stop.set()
        assert not list(again)
        database.close()


def test_a_picture_is_announced_kept_and_forgotten_after_a_day(database: Database) -> None:
    now = _Now()
    one, other = (SharedPictures(database, now.clock) for _ in range(2))
    assert other.find("a") is None
    one.keep("a")
    assert other.find("a") == ("", "")
    one.keep("a", "<svg>広い</svg>", "<svg>狭い</svg>")
    one.keep("a")  # by a process that begins now
    assert other.find("a") == ("<svg>広い</svg>", "<svg>狭い</svg>")
    now.at += timedelta(days=1, seconds=1)
    one.keep("b")
    assert other.find("a") is None and other.find("b") == ("", "")


def test_a_picture_that_nobody_draws_any_more_is_not_waited_for(database: Database) -> None:
    now = _Now()
    one, other = (SharedPictures(database, now.clock) for _ in range(2))
    one.keep("failed")
    one.give_up("failed")
    one.keep("killed")
    assert other.find("failed") is None and other.find("killed") == ("", "")
    now.at += timedelta(minutes=2)
    assert other.find("killed") is None
    other.keep("killed")
    assert one.find("killed") == ("", "")
    other.keep("killed", "<svg>広い</svg>", "<svg>狭い</svg>")
    one.give_up("killed")  # what another process has drawn stays
    now.at += timedelta(minutes=2)
    assert one.find("killed") == ("<svg>広い</svg>", "<svg>狭い</svg>")


def test_the_last_searches_of_a_person_are_known_to_all_for_an_hour(database: Database) -> None:
    now = _Now()
    one, other = (RecentSearches(database, now.clock) for _ in range(2))
    searches: list[Any] = [["n1", 1.5, "価格 \u0000", ["talk-tracks/price"]]]
    assert other.of("a") == []
    one.put("a", searches)
    assert other.of("a") == searches and other.of("b") == []
    one.put("a", [])
    assert other.of("a") == []
    one.put("a", searches)
    now.at += timedelta(hours=1, seconds=1)
    assert other.of("a") == []


def test_nothing_of_it_is_an_error_while_the_database_is_away() -> None:
    database = Database("postgresql+psycopg://kb@127.0.0.1:1/kb")
    pictures, recent = SharedPictures(database), RecentSearches(database)
    pictures.keep("a", "b", "c")
    recent.put("a", [1])
    assert pictures.find("a") is None and recent.of("a") is None and list(Notices(database).heard(Event())) == []


def test_what_is_typed_on_with_another_process_is_the_same_search(database: Database, tmp_path: Path) -> None:
    logs = [Activity(tmp_path / "none", database=database) for _ in range(2)]
    one, other = map(Logbook, logs)
    for logbook, words in ((one, "価"), (other, "価格"), (one, "価格が高い")):
        logbook.search(Answer(parse_query(words), 0, 0.0, "none", 0, (), {}), Filters(), "browser", "ja")
    assert [search.query for search in logs[0].searches("")] == ["価格が高い"]
    for activity in logs:
        activity.close()
