"""Watch the entries folder for changes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from watchfiles import watch

from ingest.inside import link_in

SETTLE_MS = 600  # editors write a file in several steps


def changes(folder: Path, stop: Event) -> Iterator[frozenset[str] | None]:
    """Yield the changed paths below a folder, until `stop` is set.

    None means that anything may have changed: a folder was moved, or a file all entries depend on.
    """
    root = folder.resolve()
    for events in watch(root, stop_event=stop, debounce=SETTLE_MS, recursive=True, raise_interrupt=False):
        paths = {Path(path).relative_to(root) for _, path in events}
        visible = {path for path in paths if not _is_ignored(root, path)}
        if any(path.suffix.lower() != ".md" for path in visible):
            yield None
        elif visible:
            yield frozenset(unicodedata.normalize("NFC", path.as_posix()) for path in visible)


def _is_ignored(root: Path, path: Path) -> bool:
    """Whether a path is hidden or behind a link: the watcher follows links, the readers do not."""
    is_hidden = any(part.startswith(".") for part in path.parts)
    return is_hidden or link_in(root, path.as_posix()) not in ("", path.as_posix())
