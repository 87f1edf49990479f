"""Watch the entries folder for changes."""

from __future__ import annotations

import logging
import os
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event

from watchfiles import Change, watch

from ingest.inside import link_in
from ingest.readable import misnamed

SETTLE_MS = 600  # editors write a file in several steps
LOOK_MS = 1_000  # how often the watched folder is compared with the one at its path
MOST_FAILURES = 2  # in a row, before the folder is polled
_UNDECODED = "Unable to decode path"
log = logging.getLogger(__name__)
Watch = Callable[..., Iterator[set[tuple[Change, str]]]]


def changes(folder: Path, stop: Event, *, watch: Watch = watch) -> Iterator[frozenset[str] | None]:
    """Yield the changed paths below a folder, until `stop` is set; an empty set every second without changes.

    None means that anything may have changed: the watching has just begun, a folder was moved, a file all entries
    depend on, or one whose name is no text. Where the system cannot watch the folder, it is polled. Raises OSError if
    there is no folder.
    """
    options = {"stop_event": stop, "debounce": SETTLE_MS, "rust_timeout": LOOK_MS, "yield_on_timeout": True}
    begin = partial(watch, **options, recursive=True, raise_interrupt=False, ignore_permission_denied=True)
    failures = 0  # to begin
    while not stop.is_set():
        root = folder.resolve(strict=True)
        identity, has_begun = root.stat(), False
        try:
            for events in begin(root, force_polling=failures >= MOST_FAILURES or None):
                yield _named(root, events) if has_begun else None
                has_begun, failures = True, min(failures, MOST_FAILURES)
                if not _is_same(folder, identity):
                    log.info("'%s' is another folder now; it is watched from here on.", folder)
                    break
        except (OSError, RuntimeError) as error:  # what the library raises on what it cannot watch or decode
            if has_begun or _UNDECODED in str(error):  # the library tells no more changes after such a name
                log.info("Watching starts again: %s", ascii(str(error)))
                yield None
                stop.wait(LOOK_MS / 1_000)  # the file may be written again and again
                continue
            failures += 1
            if failures == MOST_FAILURES:
                log.warning("The folder '%s' cannot be watched (%s); it is polled instead.", folder, error)
            elif failures > MOST_FAILURES:
                raise
            stop.wait(LOOK_MS / 1_000)


def _named(root: Path, events: set[tuple[Change, str]]) -> frozenset[str] | None:
    """Return the paths of some events; None if other files depend on one of them."""
    paths = {Path(path).relative_to(root) for _, path in events}
    visible = {path for path in paths if not _is_ignored(root, path)}
    if any(path.suffix.lower() != ".md" or misnamed(path) for path in visible):
        return None
    return frozenset(unicodedata.normalize("NFC", path.as_posix()) for path in visible)


def _is_ignored(root: Path, path: Path) -> bool:
    """Whether a path is hidden or behind a link: the watcher follows links, the readers do not."""
    is_hidden = any(part.startswith(".") for part in path.parts)
    return is_hidden or link_in(root, path.as_posix()) not in ("", path.as_posix())


def _is_same(folder: Path, identity: os.stat_result) -> bool:
    """Whether the folder is still the one that is watched: a deployment may have swapped it."""
    try:
        return os.path.samestat(folder.stat(), identity)
    except OSError:
        return False
