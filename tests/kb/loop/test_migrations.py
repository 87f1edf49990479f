"""A file of any earlier version is brought up to date: nothing is lost, and what does not fit is said."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from kb.errors import ActivitySchemaError
from kb.loop.activity import Activity, GapRow, Searched
from kb.loop.schema import STEPS, examine, revisions
from kb.loop.tables import METADATA
from tests.kb.loop.old_files import DOUBLING, DUMPS, asked, change, old_file, steps_with
from tests.kb.loop.test_activity import with_few_rights

ROOT = Path(__file__).parents[3]
NEWEST = revisions(STEPS)[-1]
LONG = 36_000  # days: the words of old searches stay
FILTERS = '[[["industry", ["食品"]]], "", ""]'


def _open(place: Path, steps: Path = STEPS) -> Activity:
    return Activity(place, keep_days=LONG, steps=steps)


def _differences(place: Path) -> Sequence[object]:
    """Return what the steps of Alembic would have to change for a file to have the tables of the code."""
    engine = create_engine(f"sqlite:///{place}")
    with engine.connect() as connection:
        differences: Sequence[object] = compare_metadata(MigrationContext.configure(connection), METADATA)
    engine.dispose()
    return differences


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_a_file_of_each_earlier_version_is_read_whole(dump: Path, tmp_path: Path) -> None:
    place = old_file(tmp_path / "a.sqlite", dump)
    assert (examine(place).revision, examine(place).is_stamped) == (dump.stem, False)
    activity = _open(place)
    found = activity.searches("")
    assert found[0] == Searched(
        *("s1", "2026-11-24T01:00:00.000+00:00", "監査ログは残るか", "ja", "sales", FILTERS, "none", 0, 2),
        *("asker1", "deals/akane"),
    )
    assert [search.query for search in found[1:]] == ["What does migration cost?", "夜間の窓口"]
    used = ["talk-tracks/migration"] if dump.stem >= "0002" else []
    assert activity.opened_of("") == {"s2": ["talk-tracks/migration", *used]}
    assert activity.helpful_counts() == {"talk-tracks/migration": 1}
    assert activity.gaps()["夜間の窓口"] == GapRow(
        *("夜間の窓口", "夜間の窓口", "[]", "open", "大橋", "2026-12-01", "", "2026-11-24T09:00:00.000+00:00")
    )
    assert [gap.entry for gap in activity.unseen(["asker1"])] == ["notes/audit"]
    assert len(activity.wording_vectors("model")) == (dump.stem >= "0002") and len(activity.judged()) == (
        dump.stem >= "0003"
    )
    activity.close()
    assert examine(place).is_current and examine(place).is_stamped and _differences(place) == []
    assert [file.name for file in tmp_path.glob("*before*")] == []  # tables were only added


def test_there_is_a_file_of_every_version() -> None:
    assert [dump.stem for dump in DUMPS] == list(revisions(STEPS))[: len(DUMPS)] == ["0001", "0002", "0003"]


def test_each_step_is_called_as_its_file_and_none_branches_off() -> None:
    script = ScriptDirectory(STEPS.parent, version_locations=[STEPS])
    assert [step.revision for step in script.walk_revisions()][::-1] == revisions(STEPS)
    assert script.get_current_head() == NEWEST


def test_the_steps_lead_to_the_tables_of_the_code(tmp_path: Path) -> None:
    _open(tmp_path / "a.sqlite").close()
    assert _differences(tmp_path / "a.sqlite") == []
    change(tmp_path / "a.sqlite", "DROP INDEX searches_by_deal")
    assert _differences(tmp_path / "a.sqlite") != []


@pytest.mark.parametrize("missing", ["TABLE told", "TABLE used", "TABLE meanings", "INDEX ix_opened_entry"])
def test_what_a_killed_first_start_left_is_completed(missing: str, tmp_path: Path) -> None:
    place = old_file(tmp_path / "a.sqlite", DUMPS[-1])
    change(place, f"DROP {missing}")
    activity = _open(place)
    assert len(activity.searches("")) == 3 and activity.judged()
    activity.close()
    assert _differences(place) == []


def test_a_missing_column_is_said_and_nothing_is_changed(tmp_path: Path) -> None:
    place = old_file(tmp_path / "a.sqlite", DUMPS[0])
    change(place, "ALTER TABLE gaps DROP COLUMN due")
    activity = _open(place)
    with pytest.raises(ActivitySchemaError, match=r"column 'gaps\.due' is missing"):
        activity.searches("")
    with pytest.raises(ActivitySchemaError):
        activity.helpful("deals/a", "x")
    activity.searched(Searched("s9", activity.stamp(), "予算"))  # a search goes on
    assert activity.is_failing and activity.helpful_counts() == {} and activity.unseen(["asker1"]) == []
    activity.close()
    assert asked(place, "SELECT count(*) FROM searches") == [(3,)]
    assert asked(place, "SELECT name FROM sqlite_master WHERE name IN ('used', 'alembic_version')") == []


def test_a_column_that_goes_while_a_server_runs_is_said(tmp_path: Path) -> None:
    activity = _open(tmp_path / "a.sqlite")
    change(tmp_path / "a.sqlite", "ALTER TABLE gaps DROP COLUMN due")
    with pytest.raises(ActivitySchemaError, match="due"):
        activity.gaps()


def test_a_file_of_a_newer_version_is_said_and_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "a.sqlite"
    newer = _open(place, steps_with(tmp_path))
    newer.searched(Searched("s1", newer.stamp(), "予算"))
    newer.close()
    activity = _open(place)
    for _ in range(2):
        with pytest.raises(ActivitySchemaError, match=f"newer version.*9999.*{NEWEST}"):
            activity.searches("")
    with pytest.raises(ActivitySchemaError):
        examine(place)
    activity.close()
    assert len(_open(place, tmp_path / "versions").searches("")) == 1


def test_a_file_that_may_only_be_read_is_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        place = old_file(Path(folder) / "a.sqlite", DUMPS[-1])
        _open(place).close()
        place.chmod(0o444)
        with with_few_rights():
            activity = _open(place)
            assert "readonly" in activity.trouble and len(activity.searches("")) == 3
            activity.close()


def test_a_file_is_copied_before_its_rows_are_changed(tmp_path: Path) -> None:
    place, steps = old_file(tmp_path / "a.sqlite", DUMPS[0]), steps_with(tmp_path)
    (tmp_path / "a.sqlite.before-9999").write_bytes(b"kept")
    activity = _open(place, steps)
    assert [search.total for search in activity.searches("")] == [0, 6, 0]
    activity.close()
    copied = tmp_path / "a.sqlite.before-9999-2"
    assert asked(copied, "SELECT total FROM searches ORDER BY at") == [(0,), (3,), (0,)]
    assert (tmp_path / "a.sqlite.before-9999").read_bytes() == b"kept" and examine(copied).revision == "0001"
    assert [search.total for search in _open(copied).searches("")] == [0, 3, 0]


def test_a_new_file_is_not_copied(tmp_path: Path) -> None:
    _open(tmp_path / "a.sqlite", steps_with(tmp_path)).close()
    assert list(tmp_path.glob("*before*")) == [] and asked(tmp_path / "a.sqlite", "SELECT * FROM alembic_version")


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    place = old_file(tmp_path / "a.sqlite", DUMPS[0])
    activity = _open(place, steps_with(tmp_path, DOUBLING + '    op.drop_table("none")\n'))
    with pytest.raises(ActivitySchemaError):
        activity.searches("")
    activity.close()
    assert examine(place).revision == "0001" and asked(place, "SELECT sum(total) FROM searches") == [(3,)]


def _opener(place: Path, steps: Path) -> tuple[subprocess.Popen[str], IO[str]]:
    """Start a process that opens a file when it is told to."""
    command = [sys.executable, "-m", "tests.kb.loop.opener", str(place), str(steps)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin and process.stdout and process.stdout.readline() == "waits\n"
    return process, process.stdin


@pytest.mark.slow
def test_of_processes_that_open_an_old_file_at_once_only_one_changes_it(tmp_path: Path) -> None:
    place, steps = old_file(tmp_path / "a.sqlite", DUMPS[0]), steps_with(tmp_path)
    openers = [_opener(place, steps) for _ in range(4)]
    for _, told in openers:
        told.write("open\n")
        told.flush()
    assert [process.communicate()[0] for process, _ in openers] == ["3 searches\n"] * 4
    assert asked(place, "SELECT total FROM searches ORDER BY at") == [(0,), (6,), (0,)]
    assert len(list(tmp_path.glob("*before*"))) == 1


def test_a_kill_in_the_middle_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    place = old_file(tmp_path / "a.sqlite", DUMPS[0])
    hangs = "    print('changed', flush=True)\n    __import__('time').sleep(60)\n"
    steps = steps_with(tmp_path)
    step = (steps / "v9999_more.py").read_text("utf-8")
    (steps / "v9999_more.py").write_text(step + hangs, "utf-8")
    process, told = _opener(place, steps)
    told.write("open\n")
    told.flush()
    assert process.stdout and process.stdout.readline() == "changed\n"
    process.kill()
    process.communicate()
    assert examine(place).revision == "0001"
    (steps / "v9999_more.py").write_text(step, "utf-8")
    with closing(_open(place, steps)) as activity:
        assert [search.total for search in activity.searches("")] == [0, 6, 0]


def test_alembic_is_not_imported_where_nothing_is_to_do(tmp_path: Path) -> None:
    _open(tmp_path / "a.sqlite").close()
    code = (
        "import sys; from pathlib import Path; from kb.loop.activity import Activity;"
        "activity = Activity(Path(sys.argv[1])); print(activity.searches(''), 'alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.sqlite")]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "[] False\n"
