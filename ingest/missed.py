"""The saved files that are not in the index yet."""

from __future__ import annotations

import time
from collections.abc import Iterable

FIRST_PAUSE = 1.0  # seconds after a failure in which no save waits for another attempt; doubles each time
LONGEST_PAUSE = 30.0


class Missed:
    """Remembers saved files that could not be indexed. Use it while holding the lock of the intake."""

    def __init__(self) -> None:
        self._paths: dict[str, None] = {}
        self._pause = 0.0
        self._until = 0.0

    @property
    def paths(self) -> list[str]:
        """The paths; those that failed last come last."""
        return list(self._paths)

    @property
    def is_pausing(self) -> bool:
        """Whether an attempt failed a moment ago."""
        return time.monotonic() < self._until

    def add(self, paths: Iterable[str]) -> None:
        """Remember paths, until they are indexed."""
        for path in paths:
            self._paths.pop(path, None)
            self._paths[path] = None

    def discard(self, paths: Iterable[str]) -> None:
        """Forget what was indexed; saves are attempted at once again."""
        for path in paths:
            self._paths.pop(path, None)
        self._pause = self._until = 0.0

    def pause(self) -> None:
        """Let no save wait for another attempt for a while, longer each time."""
        if not self.is_pausing:
            self._pause = min(max(FIRST_PAUSE, 2 * self._pause), LONGEST_PAUSE)
            self._until = time.monotonic() + self._pause
