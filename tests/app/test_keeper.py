"""Of several processes on one data folder, one does what is done once; another takes over when it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.keeper import Keeper
from tests.waiting import wait_until

HOLD = (
    "import sys; from pathlib import Path; from app.keeper import Keeper; keeper = Keeper(Path(sys.argv[1]),"
    " is_alone=False); print(keeper.is_me(), flush=True); sys.stdin.read()"
)


def test_the_first_has_the_place_until_it_gives_it_away(tmp_path: Path) -> None:
    one, other = (Keeper(tmp_path, is_alone=False) for _ in range(2))
    assert one.is_me() and not other.is_me() and one.is_me()
    one.close()
    assert other.is_me() and not one.is_me()
    other.close()


def test_nobody_begins_what_another_is_still_doing(tmp_path: Path) -> None:
    one, other = (Keeper(tmp_path, is_alone=False) for _ in range(2))
    with one.alone("mail") as is_free, other.alone("mail") as is_free_too, other.alone("forget") as another:
        assert (is_free, is_free_too, another) == (True, False, True)
    with other.alone("mail") as is_free:
        assert is_free


def test_a_process_without_others_needs_no_lock(tmp_path: Path) -> None:
    one, other = (Keeper(tmp_path, is_alone=True) for _ in range(2))
    with one.alone("mail") as is_free, other.alone("mail") as is_free_too:
        assert is_free and is_free_too and one.is_me() and other.is_me()
    assert not list(tmp_path.iterdir())


@pytest.mark.slow  # starts a process
def test_the_place_of_a_process_that_is_killed_is_free(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    held = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert held.stdout and held.stdout.readline() == b"True\n"
    keeper = Keeper(tmp_path, is_alone=False)
    assert not keeper.is_me()
    held.send_signal(signal.SIGKILL)
    held.communicate()
    wait_until(keeper.is_me, "the place")
    keeper.close()
