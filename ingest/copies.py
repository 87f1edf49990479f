"""Copies of entries are problems: an author keeps one."""

from __future__ import annotations

from collections.abc import Collection

from kb.entry import Problem
from kb.index.copies import original_of
from kb.wording import say


def copies(paths: Collection[str]) -> list[Problem]:
    """Return a problem for each file that is a copy of another one."""
    known = set(paths)
    return [
        Problem(path, 1, say("This looks like a copy of {original}. Keep one, and move what differs there first.",
                             original=original))
        for path in sorted(known) if (original := original_of(path, known))
    ]  # fmt: skip
