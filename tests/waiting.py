"""Wait for a condition; the only place in the tests that sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE_SECONDS = 120  # a busy machine is slow; only what hangs takes as long
POLL_SECONDS = 0.05


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Return as soon as a condition holds; fail, saying what was waited for, when it never does."""
    for _ in range(int(DEADLINE_SECONDS / POLL_SECONDS)):
        if holds():
            return
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"waited {DEADLINE_SECONDS} s for this: {what}")
