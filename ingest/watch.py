"""Notice when files of the entries folder change."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from watchfiles import watch

from ingest.inside import link_in

SETTLE_MS = 600  # editors write a file in several steps


def changes(folder: Path, stop: Event) -> Iterator[frozenset[str] | None]:
    """Yield the paths below a folder whose files changed, each time some did, until told to stop.

    None stands for anything: a folder was moved, or what all entries depend on.
    """
    root = folder.resolve()
    for found in watch(root, stop_event=stop, debounce=SETTLE_MS, recursive=True, raise_interrupt=False):
        paths = {Path(path).relative_to(root) for _, path in found}
        shown = {path for path in paths if not _is_out_of_sight(root, path)}
        if any(path.suffix.lower() != ".md" for path in shown):
            yield None
        elif shown:
            yield frozenset(unicodedata.normalize("NFC", path.as_posix()) for path in shown)


def _is_out_of_sight(root: Path, path: Path) -> bool:
    """Whether a path is hidden or lies behind a link: the watcher follows links, no reader does."""
    is_hidden = any(part.startswith(".") for part in path.parts)
    return is_hidden or link_in(root, path.as_posix()) not in ("", path.as_posix())
