"""What people did is kept: by many at once, and without ever standing in a search's way."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from kb.clock import Clock
from kb.errors import ActivityUnavailableError
from kb.loop.activity import Activity, GapRow, Searched

NOBODY = 65534  # the user without rights, on every Linux


def _search(number: int, activity: Activity, **fields: str) -> Searched:
    return Searched(f"s{number}", activity.stamp(), f"質問{number}", **{"asker": "a", **fields})  # type: ignore[arg-type]


def test_searches_openings_and_use_are_kept(tmp_path: Path) -> None:
    activity = Activity(tmp_path / "var/activity.sqlite")
    activity.searched(_search(1, activity))
    activity.searched(_search(2, activity), replaces="s1")
    activity.opened("s2", "deals/a")
    assert [s.id for s in activity.searches("")] == ["s2"] and activity.opened_of("") == {"s2": ["deals/a"]}
    assert (activity.helpful("deals/a", "x"), activity.helpful("deals/a", "x"), activity.helpful("deals/a", "y")) == (
        1,
        1,
        2,
    )
    activity.close()
    again = Activity(tmp_path / "var/activity.sqlite")
    assert again.helpful("deals/b", "x") == 1 and again.helpful_counts("deals/b", "deals/c") == {"deals/b": 1}
    assert again.helpful_counts() == {"deals/a": 2, "deals/b": 1} and set(again.last_opened()) == {"deals/a"}


def test_nothing_is_logged_where_that_is_switched_off(tmp_path: Path) -> None:
    activity = Activity(tmp_path / "a.sqlite", is_kept=False)
    activity.searched(_search(1, activity))
    activity.opened("s1", "deals/a")
    assert activity.searches("") == [] and activity.opened_of("") == {}


def test_words_are_forgotten_after_the_days_they_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    long_ago = datetime.now(UTC) - timedelta(days=31)
    Activity(path, clock=Clock(lambda: long_ago)).searched(Searched("old", long_ago.isoformat(), "秘密の案件名"))
    activity = Activity(path, keep_days=30)
    assert activity.searches("") == []
    activity.close()
    assert "秘密の案件名" not in [row[0] for row in sqlite3.connect(path).execute("SELECT query FROM searches")]


def test_vectors_of_wordings_are_kept_by_model_and_forgotten_as_the_words_are(tmp_path: Path) -> None:
    path, long_ago = tmp_path / "a.sqlite", datetime.now(UTC) - timedelta(days=31)
    Activity(path, clock=Clock(lambda: long_ago)).keep_wording_vectors("m", {"old": b"1"})
    Activity(path, keep_days=40).keep_wording_vectors("m", {"new": b"2"})
    assert Activity(path, keep_days=40).wording_vectors("m") == {"old": b"1", "new": b"2"}
    assert (
        Activity(path, keep_days=30).wording_vectors("m") == {"new": b"2"}
        and Activity(path).wording_vectors("other") == {}
    )


def test_whom_to_tell_is_known_until_they_have_seen_it(tmp_path: Path) -> None:
    activity = Activity(tmp_path / "a.sqlite")
    activity.decide(GapRow("sso", "SSOは使えますか", state="closed", entry="notes/sso"), notify=["x", "y"])
    assert [gap.wording for gap in activity.unseen({"x"})] == ["SSOは使えますか"] and activity.unseen({"z"}) == []
    activity.seen(("old", "x"), "notes/sso")
    assert activity.unseen({"x"}) == [] and activity.unseen({"y"})


def test_whoever_had_no_answer_to_see_sees_one_as_soon_as_it_is_there(tmp_path: Path) -> None:
    activity = Activity(tmp_path / "a.sqlite")
    assert activity.unseen({"x"}) == []
    activity.decide(GapRow("sso", "SSOは使えますか", state="closed", entry="notes/sso"), notify=["x"])
    assert [gap.wording for gap in activity.unseen({"x"})] == ["SSOは使えますか"]


def test_fifty_at_once_lose_nothing(tmp_path: Path) -> None:
    activities = [Activity(tmp_path / "a.sqlite") for _ in range(5)]  # as five processes
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda n: activities[n % 5].searched(_search(n, activities[0])), range(500)))
    for activity in activities:
        activity.close()
    assert len(Activity(tmp_path / "a.sqlite").searches("")) == 500


@contextmanager
def _waits_allowed() -> Iterator[list[int]]:
    """Collect how many milliseconds each statement may wait for other writers."""
    waits: list[int] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "busy_timeout=" in statement:
            waits.append(int(statement.partition("=")[2]))

    event.listen(Engine, "before_cursor_execute", note)
    yield waits
    event.remove(Engine, "before_cursor_execute", note)
    assert waits


@pytest.mark.slow
def test_a_locked_database_delays_no_search_and_loses_none(tmp_path: Path) -> None:
    activity = Activity(tmp_path / "a.sqlite")
    activity.searched(_search(1, activity))
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with _waits_allowed() as waits:
        for number in range(2, 7):
            activity.searched(_search(number, activity))
    assert "locked" in activity.trouble and sum(waits) < 1_000
    with pytest.raises(ActivityUnavailableError):
        activity.helpful("deals/a", "x")
    other.execute("COMMIT")
    activity.searched(_search(7, activity))
    assert len(activity.searches("")) == 7 and not activity.trouble


def test_a_damaged_database_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"this is no database at all" * 100)
    activity = Activity(path)
    activity.searched(_search(1, activity))
    assert "not a database" in activity.trouble and activity.searches("") == []
    with pytest.raises(ActivityUnavailableError):
        activity.helpful("deals/a", "x")
    assert path.read_bytes().startswith(b"this is no database")


@contextmanager
def with_few_rights() -> Iterator[None]:
    """Act as a user who may not write everywhere, where the tests run as root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_database_that_may_be_written_again_gets_what_waited() -> None:
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o777)
        path = Path(place) / "a.sqlite"
        Activity(path).close()
        path.chmod(0o444)
        with with_few_rights():
            activity = Activity(path)
            activity.searched(_search(1, activity))
            assert "readonly" in activity.trouble
        for file in Path(place).iterdir():
            file.chmod(0o666)
        with with_few_rights():
            activity.searched(_search(2, activity))
            assert activity.trouble == ""
            assert [search.id for search in activity.searches("")] == ["s1", "s2"]
            activity.close()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    activity = Activity(tmp_path / "file" / "a.sqlite")
    activity.searched(_search(1, activity))
    assert activity.trouble and activity.gaps() == {}


def test_a_copy_is_whole_while_others_write(tmp_path: Path) -> None:
    activity, stop = Activity(tmp_path / "a.sqlite"), threading.Event()
    activity.searched(_search(0, activity))

    def write() -> None:
        number = 1
        while not stop.is_set():
            activity.searched(_search(number, activity))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    for number in range(5):
        assert Activity(tmp_path / "a.sqlite").copy_to(tmp_path / f"copy{number}.sqlite")
        (row,) = sqlite3.connect(tmp_path / f"copy{number}.sqlite").execute("PRAGMA integrity_check").fetchall()
        assert row == ("ok",)
    stop.set()
    writer.join()
