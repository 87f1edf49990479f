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
        self._known: dict[str, tuple[str, Future[T]]] = {}

    def run(self, key: str, content: str, work: Callable[[], T]) -> tuple[T, bool]:
        """Return what `work` returns, and True; a failure is not remembered.

        For a key seen before, return what it returned then, and whether that was for the same content.
        """
        if not key:
            return work(), True
        mine: Future[T] = Future()
        with self._lock:
            said, known = self._known.setdefault(key, (content, mine))
            while len(self._known) > REMEMBERED:
                self._known.pop(next(iter(self._known)))
        if known is not mine:
            return known.result(), said == content
        try:
            mine.set_result(work())
        except BaseException as error:
            with self._lock:
                self._known.pop(key, None)
            mine.set_exception(error)
        return mine.result(), True
