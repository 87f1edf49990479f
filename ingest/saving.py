"""The lock of the entries folder: one save at a time, in this process and in others."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path

from kb.errors import NotSavedError, why_refused

Turn = Callable[[], AbstractContextManager[None]]


@contextmanager
def one_at_a_time(folder: Path, lock: Path | None, turn: Turn = nullcontext) -> Iterator[None]:
    """Hold the locks that every program writing to the folder takes; no lock if None. Raises NotSavedError.

    `lock` is a file of the data folder. The folder itself is locked as well, for servers with a data folder each, where
    its file system has such locks; `turn` is the turn among servers that share a database.
    """
    if lock is None:
        yield
        return
    with ExitStack() as held:
        held.enter_context(turn())
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            fcntl.flock(held.enter_context(lock.open("w")), fcntl.LOCK_EX)
        except OSError as error:
            raise NotSavedError(why_refused(error)) from error
        with suppress(OSError):  # NFS
            handle = os.open(folder, os.O_RDONLY)
            held.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
