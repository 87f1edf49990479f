"""What is killed loses nothing that was acknowledged: restores and the activity database, at each of their steps."""

from __future__ import annotations

import multiprocessing
import random
import signal
from collections.abc import Callable, Iterator
from itertools import count
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from ingest.backup import back_up, restore
from kb.loop.activity import Activity, GapRow
from kb.loop.schema import examine
from tests.attack import killed
from tests.conftest import Recorder
from tests.words import note, write

ENTRIES = 20
STEPS = 60  # at least, of a restore of these entries
STEPS_OF_A_ROUND = 2

pytestmark = pytest.mark.kills


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    """A way to start processes that have imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([killed.__name__])
    return context


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A backup of some entries and an activity database."""
    for number in range(ENTRIES):
        write(tmp_path, f"before/deals/{number:02}.md", note(f"商談{number}", "本文。" * number))
    activity = Activity(tmp_path / "before.sqlite")
    activity.helpful("deals/00", "someone")
    back_up(tmp_path / "before", activity.copy_to, tmp_path / "backup.zip")
    activity.close()
    return tmp_path / "backup.zip"


def _ends_killed(process: BaseProcess) -> bool:
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("[!.]*.md")}


def test_a_restore_killed_at_any_step_is_finished_by_the_next(
    backup: Path, context: ForkServerContext, kills: int, record_property: Recorder
) -> None:
    place, expected, died = backup.parent, _files(backup.parent / "before"), 0
    stride = max(1, STEPS // kills)
    for step in count(1, stride):
        entries, activity = place / f"entries{step}", place / f"var{step}/activity.sqlite"
        if not _ends_killed(context.Process(target=killed.restore_at, args=(backup, entries, activity, step))):
            break
        died += 1
        assert _files(entries).items() <= expected.items(), "a file is whole or not there"
        restore(backup, entries, activity)
        assert _files(entries) == expected
        assert examine(activity).is_current and Activity(activity).helpful_counts() == {"deals/00": 1}
    assert died > STEPS // stride // 2
    record_property("kills", died)


def _acknowledged(file: Path) -> Iterator[tuple[str, int]]:
    for line in file.read_text("utf-8").splitlines():
        what, number = line.split()
        yield what, int(number)


def test_decisions_and_votes_survive_a_process_killed_while_it_writes_them(
    tmp_path: Path, context: ForkServerContext, kills: int, record_property: Recorder
) -> None:
    file, said, chance, died = tmp_path / "activity.sqlite", tmp_path / "acknowledged", random.Random(11), 0
    for kill in range(kills):
        step = chance.randint(1, killed.WRITES * STEPS_OF_A_ROUND)
        died += _ends_killed(context.Process(target=killed.log_at, args=(file, said, kill * killed.WRITES, step)))
    record_property("kills", died)
    assert died > kills // 2
    activity = Activity(file)
    present: dict[str, Callable[[int], bool]] = {
        "gap": lambda number: activity.gaps()[f"q{number}"] == _decided(activity, number),
        "helpful": lambda number: activity.helpful_counts()[f"deals/{number}"] == 1,
    }
    acknowledged = list(_acknowledged(said))
    assert len({what for what, _ in acknowledged}) == len(present)
    assert all(present[what](number) for what, number in acknowledged)
    assert examine(file).is_current
    activity.close()


def _decided(activity: Activity, number: int) -> GapRow:
    return killed.decision(number, activity.gaps()[f"q{number}"].changed_at)
