"""Kill a process where a kill matters: just before and just after each step that leaves something on the disk.

Steps are counted in the process that is to die, so that a test hits the same place on every machine.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

NATIVE_STEPS = {("posix", name) for name in ("fsync", "link", "rename", "replace", "unlink")}
METHOD_STEPS = {"Connection.commit", "BufferedWriter.write", "TextIOWrapper.write"}
CHROMA_STEPS = {f"Collection.{name}" for name in ("add", "upsert", "delete")}


def die() -> None:
    """End this process as a kill from outside does: nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def at_step(step: int, act: Callable[[], object]) -> None:
    """Call `act` once, when this thread and those begun later come to a step; steps count from 1."""
    lock, passed = threading.Lock(), 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal passed
        if _is_step(frame, event, argument):
            with lock:
                passed += 1
                reached = passed == step
            if reached:
                act()

    threading.setprofile(count)
    sys.setprofile(count)


def _is_step(frame: FrameType, event: str, argument: Any) -> bool:
    if event in ("c_call", "c_return"):
        name = argument.__name__
        return (argument.__module__, name) in NATIVE_STEPS or argument.__qualname__ in METHOD_STEPS
    return frame.f_code.co_qualname in CHROMA_STEPS
