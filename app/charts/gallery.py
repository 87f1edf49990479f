"""A cache of charts: a page takes what is ready and never waits for one."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup

from app.charts.apart import DRAUGHTSMAN
from app.charts.drawings import Drawing, Picture

LOOK_SECONDS = 0.25  # how often it is looked whether another process has drawn a picture
PAUSE_SECONDS = 60.0  # before what could not be drawn is tried again
MOST_KEPT = 200  # charts: every tab in both languages, several times over
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Framed:
    """A slot for a chart; `picture` is None while it is being drawn."""

    key: str
    picture: Picture | None


class Shared(Protocol):
    """Where processes find what others have drawn."""

    def find(self, key: str) -> tuple[str, str] | None:
        """Return a chart for wide and for narrow screens, both empty while it is drawn; None if nobody draws it."""

    def keep(self, key: str, wide: str = "", narrow: str = "") -> None:
        """Keep a picture; without one, say that it is being drawn."""

    def give_up(self, key: str) -> None:
        """Say that a picture could not be drawn here."""


class Gallery:
    """Draws each chart once, in its own thread, and keeps the latest. Thread-safe.

    A picture is known by all that stands in it, labels included: a change that leaves its numbers alone, as most
    do, draws nothing anew, and the two languages have their own.
    """

    def __init__(
        self,
        draw: Callable[[Drawing], Picture] = DRAUGHTSMAN,
        most: int = MOST_KEPT,
        shared: Shared | None = None,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """`shared` is where other processes look, which may be asked for a picture of a page that this one sent."""
        self._draw = draw
        self._most = most
        self._shared = shared
        self._pause = pause
        self._failed: dict[str, float] = {}  # when, on the monotonic clock, what is kept could not be drawn
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
            return self._found_elsewhere(key, seconds)
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
        if self._shared and not self._is_known(key):
            self._shared.keep(key)
        with self._lock:
            if not self._is_known(key):
                self._failed.pop(key, None)
                self._kept[key] = self._hand.submit(self._drawn, key, drawing)
            self._kept.move_to_end(key)
            pending = self._kept[key]
            if len(self._kept) > self._most:
                oldest, dropped = self._kept.popitem(last=False)
                self._failed.pop(oldest, None)
                dropped.cancel()
        return key, pending

    def _is_known(self, key: str) -> bool:
        """Whether a chart is drawn or being drawn, or could not be drawn a moment ago."""
        failed = self._failed.get(key)
        return key in self._kept and (failed is None or time.monotonic() - failed < self._pause)

    def _drawn(self, key: str, drawing: Drawing) -> Picture:
        if found := self._drawn_elsewhere(key):
            return found
        try:
            picture = self._draw(drawing)
        except Exception:
            log.exception("A %s could not be drawn; its numbers stand in the table.", type(drawing).__name__)
            self._failed[key] = time.monotonic()
            if self._shared:
                self._shared.give_up(key)
            raise
        if self._shared:
            self._shared.keep(key, picture.wide, picture.narrow)
        return picture

    def _drawn_elsewhere(self, key: str) -> Picture | None:
        found = self._shared.find(key) if self._shared else None
        return Picture(Markup(found[0]), Markup(found[1])) if found and found[0] else None  # noqa: S704 - drawn by us

    def _found_elsewhere(self, key: str, seconds: float) -> Picture | None:
        """Return what another process draws for a page it sent, once it is drawn; None if none draws it."""
        until = time.monotonic() + seconds
        while self._shared and self._shared.find(key) and time.monotonic() < until:
            if picture := self._drawn_elsewhere(key):
                return picture
            time.sleep(LOOK_SECONDS)
        return None


def _is_ready(pending: Future[Picture]) -> bool:
    return pending.done() and not pending.cancelled() and pending.exception() is None
