"""Another process that syncs or rebuilds the index of a server, run as `python -m tests.attack.syncing_neighbour`."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from app.library import make_index
from app.settings import Settings
from ingest.sync import sync
from kb.errors import IndexBusyError
from tests.words import WordEmbedder, note, write


def main() -> None:
    """Write, delete and sync entries until standard input is closed; say how often on standard output."""
    place, fresh = Path(sys.argv[1]), sys.argv[2] == "rebuild"
    settings = Settings(entries=place / "entries", data=place / "var")
    index = make_index(settings, WordEmbedder())
    print("ready", flush=True)
    for number, _ in enumerate(sys.stdin):
        write(settings.entries, f"notes/neighbour-{number}.md", note(f"隣{number}", f"隣の本文{number}。" * 20))
        (settings.entries / f"notes/neighbour-{number - 3}.md").unlink(missing_ok=True)
        if fresh:
            index.close()
            index = make_index(settings, WordEmbedder(), fresh=True)
        with suppress(IndexBusyError):
            sync(index, settings.entries)
        print(number, flush=True)
    index.close()


if __name__ == "__main__":
    main()
