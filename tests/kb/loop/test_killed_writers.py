"""What was acknowledged is kept when the processes that write it are killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from kb.loop.activity import Activity
from tests.conftest import Recorder

ROOT = Path(__file__).parents[3]
WRITERS = 8  # processes killed side by side
MOST_LINES = 30  # events one acknowledges before it is killed

pytestmark = pytest.mark.kills


def _killed_side_by_side(path: Path, runs: list[str], chance: random.Random) -> dict[str, list[str]]:
    """Start a writer for each run, kill it after some events, and return what it acknowledged."""
    command = [sys.executable, "-m", "tests.kb.loop.killed_writer", str(path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    writers = {
        run: subprocess.Popen([*command, run], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for run in runs
    }
    said: dict[str, list[str]] = {}
    for run, writer in writers.items():
        assert writer.stdout
        lines = list(islice(writer.stdout, chance.randint(1, MOST_LINES)))
        writer.kill()
        lines += writer.communicate()[0].splitlines(keepends=True)
        said[run] = [line for line in lines if line.endswith("\n")]
    return said


def test_no_acknowledged_event_is_lost_through_kills(tmp_path: Path, kills: int, record_property: Recorder) -> None:
    path, chance = tmp_path / "a.sqlite", random.Random(3)
    names = [f"r{run}" for run in range(max(kills, WRITERS))]
    said: dict[str, list[str]] = {}
    for begun in range(0, len(names), WRITERS):
        said |= _killed_side_by_side(path, names[begun : begun + WRITERS], chance)
    record_property("kills", len(said))
    kept = Activity(path)
    helpful, searches = kept.helpful_counts(), {search.id for search in kept.searches("")}
    for run, lines in said.items():
        numbers = [int(line.split()[0]) for line in lines]
        written = max((int(line.split()[0]) for line in lines if "kept" in line), default=-1)
        assert numbers and all(f"deals/{run}-{n}" in helpful for n in numbers)
        assert all(f"{run}-{n}" in searches for n in numbers if n <= written)
