"""Writes what helped whom until it is killed, and says so after each: run in a process of its own."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from kb.errors import ActivityUnavailableError
from kb.loop.activity import Activity, Searched


def main() -> None:
    """Write `helpful` and a search for each number; print the number, and whether a search still waits in memory."""
    activity, run = Activity(Path(sys.argv[1])), sys.argv[2]
    for number in count():
        try:
            activity.helpful(f"deals/{run}-{number}", "someone")
        except ActivityUnavailableError:
            continue  # refused, not acknowledged
        activity.searched(Searched(f"{run}-{number}", activity.stamp(), "予算", asker="someone"))
        print(number, "waits" if activity.trouble else "kept", flush=True)


if __name__ == "__main__":
    main()
