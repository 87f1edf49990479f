"""Of several servers with one folder on a machine, one takes in what changes in it; each clone has a watcher."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from app.watcher import Watcher, folder_key
from kb.shared.database import Database
from kb.shared.leases import Leases
from tests.postgresql import RunningPostgres


@pytest.mark.slow  # starts a database
def test_one_server_watches_a_folder_until_it_ends_and_another_takes_over(
    postgres: RunningPostgres, tmp_path: Path
) -> None:
    folder, clone = tmp_path / "entries", tmp_path / "clone"
    folder.mkdir()
    clone.mkdir()
    (tmp_path / "mounted").symlink_to(folder)
    with closing(Database(postgres.empty())) as database:
        is_reached = [True]

        def of(place: Path) -> Watcher:
            return Watcher(place, Leases(database), lambda: is_reached[0])

        one, other, beside = of(folder), of(tmp_path / "mounted"), of(clone)
        assert (one.is_me(), other.is_me(), beside.is_me(), one.is_me()) == (True, False, True, True)
        is_reached[0] = False
        assert (one.is_me(), other.is_me()) == (True, False)
        is_reached[0] = True
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE leases SET until = now()"))
        assert other.is_me() and not of(folder).is_me()


def test_without_a_database_a_server_watches_and_a_folder_that_is_gone_is_watched_for(tmp_path: Path) -> None:
    assert Watcher(tmp_path, None, lambda: False).is_me()
    with closing(Database("postgresql://kb@127.0.0.1:1/kb")) as database:
        assert Watcher(tmp_path / "gone", Leases(database), lambda: True).is_me()
    assert folder_key(tmp_path) == folder_key(tmp_path / ".") != folder_key(tmp_path.parent)
