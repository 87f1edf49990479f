"""The libraries of those who see a part: one for each set of visibilities, made when asked for, few at a time."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from kb.index.index import Index
from kb.library import Library, Part

T = TypeVar("T")
MOST_OPEN = 32  # sets in memory; at 10,000 passages each takes tens of megabytes
MOST_KEPT = 128  # catalogues on disk
FOLDER = "views"  # in the folder of a build, with which they vanish
SETTLE_SECONDS = 60.0  # for requests under way, before the files of a set that was dropped are closed


class Views(Generic[T]):
    """What the members of each set of audiences work with, made from their library by `make`. Thread-safe."""

    def __init__(self, whole: Library, make: Callable[[Library], T], most: int = MOST_OPEN, own: str = "") -> None:
        """`own` is the folder of this process among several: none follows the whole with the catalogue of another."""
        self._whole = whole
        self._make = make
        self._most = most
        self._own = own
        self._lock = threading.Lock()
        self._making: dict[frozenset[str], threading.Lock] = {}
        self._open: OrderedDict[frozenset[str], tuple[Part, T]] = OrderedDict()  # the one used longest ago first
        self._dropped: list[tuple[float, Part]] = []

    def ready(self, visible: frozenset[str]) -> T | None:
        """Return what a set of visibilities works with if it is up to date; None if making it so takes a moment."""
        with self._lock:
            known = self._open.get(self._used(visible))
            if known is None or not self._is_usable(known[0]) or not known[0].is_fresh:
                return None
            self._open.move_to_end(known[0].visible)
            return known[1]

    def of(self, visible: frozenset[str]) -> T:
        """Return what a set of visibilities works with, up to date."""
        used = self._used(visible)
        with self._lock:
            making = self._making.setdefault(used, threading.Lock())
        with making:
            with self._lock:
                known = self._open.get(used)
            if known is None or not self._is_usable(known[0]):
                part = self._opened(used)
                known = part, self._make(part)
                self._keep(used, known)
            known[0].refresh()
            return known[1]

    def in_use(self) -> list[T]:
        """Return what all sets in memory work with."""
        with self._lock:
            return [made for part, made in self._open.values() if self._is_usable(part)]

    def refresh(self) -> None:
        """Bring all sets in memory up to date, so that nobody waits for it."""
        with self._lock:
            parts = [part for part, _ in self._open.values() if self._is_usable(part)]
        for part in parts:
            part.refresh()

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            parts = [*(part for part, _ in self._open.values()), *(part for _, part in self._dropped)]
            self._open.clear()
            self._dropped.clear()
        for part in parts:
            part.close()

    def _used(self, visible: frozenset[str]) -> frozenset[str]:
        """Return the visibilities that entries have: people differ in many more."""
        return visible & self._whole.used_visibilities()

    def _is_usable(self, part: Part) -> bool:
        return part.index.whole is self._index()

    def _index(self) -> Index:
        return self._whole.with_index(lambda index: index)

    def _opened(self, visible: frozenset[str]) -> Part:
        folder = self._index().build / FOLDER / self._own
        name = hashlib.sha256("\n".join(sorted(visible)).encode()).hexdigest()[:24]
        part = self._whole.part(visible, folder / name)
        self._forget_old(folder, folder / name)
        return part

    def _keep(self, visible: frozenset[str], made: tuple[Part, T]) -> None:
        now = time.monotonic()
        with self._lock:
            if before := self._open.pop(visible, None):
                self._dropped.append((now, before[0]))
            self._open[visible] = made
            while len(self._open) > self._most:
                _, (part, _) = self._open.popitem(last=False)
                self._dropped.append((now, part))
            settled = [part for at, part in self._dropped if now - at > SETTLE_SECONDS]
            self._dropped = [(at, part) for at, part in self._dropped if now - at <= SETTLE_SECONDS]
            self._making = {one: lock for one, lock in self._making.items() if one in self._open or lock.locked()}
        for part in settled:
            part.close()

    def _forget_old(self, folder: Path, own: Path) -> None:
        """Delete the catalogues used longest ago, but none that may be open."""
        with self._lock:
            used = {part.index.build for part, _ in self._open.values()} | {
                part.index.build for _, part in self._dropped
            }
        folders = [place for place in folder.iterdir() if place not in used and place != own]
        for place in sorted(folders, key=lambda place: place.stat().st_mtime, reverse=True)[MOST_KEPT - self._most :]:
            shutil.rmtree(place, ignore_errors=True)
