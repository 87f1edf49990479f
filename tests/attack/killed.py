"""Work that is killed at a step; run in a process of its own by `test_kills`."""

from __future__ import annotations

import os
from pathlib import Path

from ingest.backup import restore
from kb.loop.activity import Activity, GapRow, Searched
from tests.killing import at_step, die

WRITES = 40


def restore_at(source: Path, entries: Path, activity: Path, step: int) -> None:
    """Restore a backup; die at a step."""
    at_step(step, die)
    restore(source, entries, activity)


def decision(number: int, changed_at: str = "") -> GapRow:
    """Return the decision about a gap that a process stores."""
    return GapRow(f"q{number}", f"Q {number}", owner=f"owner {number}", changed_at=changed_at)


def log_at(file: Path, said: Path, first: int, step: int) -> None:
    """Store decisions, votes and searches, write down which were acknowledged, and die at a step."""
    activity = Activity(file)
    with said.open("ab", buffering=0) as acknowledged:
        at_step(step, die)
        for number in range(first, first + WRITES):
            activity.searched(Searched(f"s{number}", activity.stamp(), f"q{number}"))
            activity.decide(decision(number), notify=["someone"])
            os.write(acknowledged.fileno(), f"gap {number}\n".encode())
            activity.helpful(f"deals/{number}", "someone")
            os.write(acknowledged.fileno(), f"helpful {number}\n".encode())
    activity.close()
