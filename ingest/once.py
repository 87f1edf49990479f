"""Run duplicate requests only once: a double click, or a retry after a network failure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from kb.shared.requests import Note, SharedRequests

T = TypeVar("T")
REMEMBERED = 1_000  # keys


def _nothing(_plan: str) -> None:
    """Know of nothing that was done."""


def _unnoted(_plan: str) -> None:
    """Keep no plan: it would be gone with this process."""


class Once(Generic[T]):
    """Remembers the results of the last keys."""

    def __init__(self, shared: SharedRequests[T] | None = None) -> None:
        """Ask `shared`, which other servers use as well, about keys that are new here."""
        self._shared = shared
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, Future[T]]] = {}

    def run(
        self, key: str, content: str, work: Callable[[Note], T], settle: Callable[[str], T | None] = _nothing
    ) -> tuple[T, bool]:
        """Return the result of `work`, and True; a failure is not remembered.

        For a known key, return its earlier result and whether that was for the same content. `work` notes its plan
        before it does anything; `settle` returns what became of the plan of a server that was killed.
        """
        if not key:
            return work(_unnoted), True
        mine: Future[T] = Future()
        with self._lock:
            known_content, known = self._known.setdefault(key, (content, mine))
            while len(self._known) > REMEMBERED:
                self._known.pop(next(iter(self._known)))
        if known is not mine:
            return known.result(), known_content == content
        is_same = True
        try:
            result, is_same = self._shared.run(key, content, work, settle) if self._shared else (work(_unnoted), True)
            mine.set_result(result)
        except BaseException as error:
            with self._lock:
                self._known.pop(key, None)
            mine.set_exception(error)
        return mine.result(), is_same
