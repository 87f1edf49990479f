"""Notice when files of the entries folder change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from watchfiles import watch

SETTLE_MS = 600  # editors write a file in several steps


def changes(folder: Path, stop: Event) -> Iterator[int]:
    """Yield the number of changed files each time something below a folder changed, until told to stop."""
    for found in watch(folder, stop_event=stop, debounce=SETTLE_MS, recursive=True, raise_interrupt=False):
        relevant = {path for _, path in found if path.lower().endswith((".md", ".yaml"))}
        if relevant:
            yield len(relevant)
