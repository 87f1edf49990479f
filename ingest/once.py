"""Run duplicate requests only once: a double click, or a retry after a network failure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")
REMEMBERED = 1_000  # keys


class Once(Generic[T]):
    """Remembers the results of the last keys."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, Future[T]]] = {}

    def run(self, key: str, content: str, work: Callable[[], T]) -> tuple[T, bool]:
        """Return the result of `work`, and True; a failure is not remembered.

        For a known key, return its earlier result and whether that was for the same content.
        """
        if not key:
            return work(), True
        mine: Future[T] = Future()
        with self._lock:
            known_content, known = self._known.setdefault(key, (content, mine))
            while len(self._known) > REMEMBERED:
                self._known.pop(next(iter(self._known)))
        if known is not mine:
            return known.result(), known_content == content
        try:
            mine.set_result(work())
        except BaseException as error:
            with self._lock:
                self._known.pop(key, None)
            mine.set_exception(error)
        return mine.result(), True
