"""Which server watches a folder of entries, of several on a machine that have the same one."""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Callable
from pathlib import Path

from kb.shared.leases import Leases

LEASE_SECONDS = 9.0  # after which another server takes over from one that ended
ASK_SECONDS = 3.0  # between two prolongations
_BOOT = Path("/proc/sys/kernel/random/boot_id")  # of the kernel, also in its containers


class Watcher:
    """The place of the server that takes in what changes in a folder: the first one's. Used by a few threads.

    Other machines each have a watcher, since a network drive announces what changed on one of them only there; so has
    each clone of a repository.
    """

    def __init__(self, folder: Path, leases: Leases | None, is_reached: Callable[[], bool]) -> None:
        """Without `leases` every server watches, as the only one. `is_reached` says whether they can be asked."""
        self._folder = folder
        self._leases = leases
        self._is_reached = is_reached
        self._asked = float("-inf")  # when, on the monotonic clock, it was me
        self._was_me = False

    def is_me(self) -> bool:
        """Whether this server watches; while the database is away, whether it did. Raises SQLAlchemyError."""
        if self._leases is None:
            return True
        now = time.monotonic()
        if (self._was_me and now - self._asked < ASK_SECONDS) or not self._is_reached():
            return self._was_me
        try:
            name = f"watch-{folder_key(self._folder)}"
        except OSError:  # there is no folder, which whoever watches says
            return True
        self._was_me = self._leases.take(name, LEASE_SECONDS) > 0
        self._asked = now
        return self._was_me


def folder_key(folder: Path) -> str:
    """Return what tells a folder from all others, also of other machines. Raises OSError."""
    known = folder.stat()
    machine = _BOOT.read_text("ascii").strip() if _BOOT.is_file() else platform.node()
    return hashlib.sha256(f"{machine}:{known.st_dev}:{known.st_ino}".encode()).hexdigest()[:16]
