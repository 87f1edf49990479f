"""What people work with is made for the first of them: in threads of its own, once for all who wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor

AT_ONCE = 8  # that are made at a time; requests have other threads


class Preparing:
    """Makes what several may wait for. Thread-safe."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "preparing")
        self._lock = threading.Lock()
        self._begun: dict[Hashable, Future[object]] = {}

    def begin(self, key: Hashable, make: Callable[[], object]) -> Future[object]:
        """Return what ends when something is made: what another request began under the same key, else begun here."""
        with self._lock:
            begun = self._begun.get(key)
            if begun is None or begun.done():
                begun = self._begun[key] = self._threads.submit(make)
                self._begun = {one: future for one, future in self._begun.items() if not future.done() or one == key}
            return begun

    def close(self) -> None:
        """Wait for what is being made; begin nothing more."""
        self._threads.shutdown(cancel_futures=True)
