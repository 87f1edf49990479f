"""Wait for a condition; the only place in the tests that sleeps."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

DEADLINE_SECONDS = 120  # a busy machine is slow; only what hangs takes as long
POLL_SECONDS = 0.05
Found = TypeVar("Found")


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Return as soon as a condition holds; fail, saying what was waited for, when it never does."""
    for _ in range(int(DEADLINE_SECONDS / POLL_SECONDS)):
        if holds():
            return
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"waited {DEADLINE_SECONDS} s for this: {what}")


async def found_by(find: Callable[[], Awaitable[Found | None]], what: str) -> Found:
    """Return what is found as soon as it is; fail, saying what was waited for, when it never is."""
    for _ in range(int(DEADLINE_SECONDS / POLL_SECONDS)):
        if (found := await find()) is not None:
            return found
        await anyio.sleep(POLL_SECONDS)
    raise AssertionError(f"waited {DEADLINE_SECONDS} s for this: {what}")
