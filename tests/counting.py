"""Count how often functions are called, in whatever thread, without touching them."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def counting(**functions: Callable[..., Any]) -> Iterator[Counter[str]]:
    """Count the calls of some functions, by the names given; threads are seen that start inside."""
    names = {function.__code__: name for name, function in functions.items()}  # type: ignore[attr-defined]
    counts: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _arg: object) -> None:
        if event == "call" and frame.f_code in names:
            counts[names[frame.f_code]] += 1

    before = sys.getprofile(), threading.getprofile()
    sys.setprofile(note)
    threading.setprofile(note)
    try:
        yield counts
    finally:
        sys.setprofile(before[0])
        threading.setprofile(before[1])  # type: ignore[arg-type]
