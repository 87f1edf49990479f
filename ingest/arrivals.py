"""The changes of an entries folder that wait to be indexed, in the order in which people need them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from pathlib import Path

FILES_AT_ONCE = 32  # indexed by their words in one go: others get the index in between


class Arrivals:
    """Collects changed paths and hands them out: gone files first, then the newest changes. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._gone: dict[str, None] = {}
        self._paths: dict[str, None] = {}  # the oldest first
        self._may_be_any = False  # nobody knows which paths changed

    def add(self, paths: Collection[str] | None) -> None:
        """Add changed paths; None if anything may have changed."""
        with self._lock:
            if paths is None:
                self._may_be_any = True
            for path in sorted(paths or ()):
                self._gone.pop(path, None)
                self._paths.pop(path, None)
                (self._paths if os.path.lexists(self._folder / path) else self._gone)[path] = None

    def put_back(self, paths: Collection[str] | None) -> None:
        """Add paths that could not be indexed behind all others, so that they keep none of them waiting."""
        if paths is None:
            self.add(None)
            return
        with self._lock:
            self._paths = dict.fromkeys(paths) | self._paths

    def take(self, differences: Callable[[], Collection[str]]) -> Iterator[Collection[str] | None]:
        """Yield what is to be indexed next, until nothing is left; None stands for a whole sync.

        `differences` returns what changed if nobody knows. What arrives meanwhile gets in between.
        """
        while True:
            with self._lock:
                is_unknown, self._may_be_any = self._may_be_any, False
            if is_unknown:
                yield from self._all(differences)
            elif some := self._next():
                yield some
            else:
                return

    def _all(self, differences: Callable[[], Collection[str]]) -> Iterator[Collection[str] | None]:
        try:
            found = differences()
        except BaseException:
            self.add(None)
            raise
        self.add(found)
        while some := self._next():
            yield some
        if found:
            yield None  # what depends on several files: ids that became free, vectors nobody needs

    def _next(self) -> list[str]:
        """Take the next few paths: those that are gone, else the newest."""
        with self._lock:
            waiting = self._gone or self._paths
            some = list(waiting if waiting is self._gone else islice(reversed(waiting), FILES_AT_ONCE))
            for path in some:
                del waiting[path]
            return some
