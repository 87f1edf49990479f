"""Opens an activity database, which brings it up to date: run in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from kb.loop.activity import Activity


def main() -> None:
    """Open a file with the steps of a folder, when a line comes in."""
    place, steps = map(Path, sys.argv[1:])
    print("waits", flush=True)
    sys.stdin.readline()
    activity = Activity(place, keep_days=36_000, steps=steps)
    while activity.trouble:  # locked by another
        activity.purge_expired()
    print(len(activity.searches("")), "searches", flush=True)


if __name__ == "__main__":
    main()
