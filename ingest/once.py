"""Do what was asked twice only once: a double click, or a request sent again after the network failed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")
REMEMBERED = 1_000  # keys


class Once(Generic[T]):
    """Remembers what became of the last keys."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Future[T]] = {}

    def run(self, key: str, work: Callable[[], T]) -> T:
        """Return what `work` returns; for a key seen before, what it returned then. A failure is not remembered."""
        if not key:
            return work()
        with self._lock:
            earlier = self._known.get(key)
            mine: Future[T] = self._known.setdefault(key, Future())
            while len(self._known) > REMEMBERED:
                self._known.pop(next(iter(self._known)))
        if earlier is not None:
            return earlier.result()
        try:
            mine.set_result(work())
        except BaseException as error:
            with self._lock:
                self._known.pop(key, None)
            mine.set_exception(error)
        return mine.result()
