"""Wall-clock times of calls."""

from __future__ import annotations

import time
from collections.abc import Callable

SETTLE_SECONDS = 0.05  # worker threads of the process measured before keep spinning and would slow the next one


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def settled_seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes once other processes are idle."""
    time.sleep(SETTLE_SECONDS)
    return seconds(call)
