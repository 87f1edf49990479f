"""A cache of charts: a page takes what is ready and never waits for one."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from app.charts.apart import DRAUGHTSMAN
from app.charts.drawings import Drawing, Picture

MOST_KEPT = 200  # charts: every tab in both languages, several times over
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Framed:
    """A slot for a chart; `picture` is None while it is being drawn."""

    key: str
    picture: Picture | None


class Gallery:
    """Draws each chart once, in its own thread, and keeps the latest. Thread-safe.

    A picture is known by all that stands in it, labels included: a change that leaves its numbers alone, as most
    do, draws nothing anew, and the two languages have their own.
    """

    def __init__(self, draw: Callable[[Drawing], Picture] = DRAUGHTSMAN, most: int = MOST_KEPT) -> None:
        self._draw = draw
        self._most = most
        self._kept: OrderedDict[str, Future[Picture]] = OrderedDict()
        self._lock = threading.Lock()
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="drawing")

    def frame(self, drawing: Drawing) -> Framed:
        """Return a chart if it is ready; otherwise start drawing it."""
        key, pending = self._begun(drawing)
        return Framed(key, pending.result() if _is_ready(pending) else None)

    def prepare(self, drawing: Drawing) -> None:
        """Draw a chart if it is not ready, and wait for it."""
        self._begun(drawing)[1].exception()

    def find(self, key: str, seconds: float = 30.0) -> Picture | None:
        """Return the chart of a frame once it is drawn; None if it is no longer known or failed."""
        with self._lock:
            pending = self._kept.get(key)
        if pending is None:
            return None
        try:
            pending.exception(timeout=seconds)
        except TimeoutError:
            return None
        return pending.result() if _is_ready(pending) else None

    def close(self) -> None:
        """Stop drawing."""
        self._hand.shutdown(cancel_futures=True)

    def _begun(self, drawing: Drawing) -> tuple[str, Future[Picture]]:
        key = hashlib.sha256(repr(drawing).encode("utf-8", "backslashreplace")).hexdigest()[:32]
        with self._lock:
            pending = self._kept.get(key) or self._hand.submit(self._drawn, drawing)
            self._kept[key] = pending
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)[1].cancel()
        return key, pending

    def _drawn(self, drawing: Drawing) -> Picture:
        try:
            return self._draw(drawing)
        except Exception:
            log.exception("A %s could not be drawn; its numbers stand in the table.", type(drawing).__name__)
            raise


def _is_ready(pending: Future[Picture]) -> bool:
    return pending.done() and not pending.cancelled() and pending.exception() is None
