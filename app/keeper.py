"""Which of several processes on one data folder does what is done once there."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

FOLDER = "processes"  # of the data folder: a lock for each thing that one process does


class Keeper:
    """The place of the process that watches the entries for all: the first one has it, until it ends. Thread-safe."""

    def __init__(self, data: Path, *, is_alone: bool) -> None:
        """Without other processes (`is_alone`) no lock is needed."""
        self._folder = data / FOLDER
        self._is_alone = is_alone
        self._lock = threading.Lock()
        self._held: IO[str] | None = None

    def is_me(self) -> bool:
        """Whether this process has the place; where none has it any more, it is taken."""
        if self._is_alone:
            return True
        with self._lock:
            if self._held is None:
                self._held = self._taken("keeper")
            return self._held is not None

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Yield whether no other process does something, and keep others from it meanwhile."""
        with ExitStack() as held:
            if self._is_alone:
                yield True
            else:
                lock = self._taken(name)
                if lock:
                    held.enter_context(lock)
                yield lock is not None

    def close(self) -> None:
        """Give the place away."""
        with self._lock:
            if self._held:
                self._held.close()
                self._held = None

    def _taken(self, name: str) -> IO[str] | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = (self._folder / f"{name}.lock").open("a")
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        file.close()
        return None
