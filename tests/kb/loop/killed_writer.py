"""Writes what helped whom until it is killed, and says so after each: run in a process of its own."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from kb.loop.activity import Activity, Searched


def main() -> None:
    """Write `helpful` and a search for each number, and print the number when both are kept."""
    activity, run = Activity(Path(sys.argv[1])), sys.argv[2]
    for number in count():
        activity.helpful(f"deals/{run}-{number}", "someone")
        activity.searched(Searched(f"{run}-{number}", activity.stamp(), "予算", asker="someone"))
        print(number, flush=True)


if __name__ == "__main__":
    main()
