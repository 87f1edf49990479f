"""The lock of the entries folder: one save at a time, in this process and in others."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.errors import NotSavedError


@contextmanager
def one_at_a_time(lock: Path | None) -> Iterator[None]:
    """Hold the lock that every program writing to the folder takes; no lock if None. Raises NotSavedError."""
    if lock is None:
        yield
        return
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("w")
    except OSError as error:
        raise NotSavedError(error.strerror or str(error)) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            raise NotSavedError(error.strerror or str(error)) from error
        yield
