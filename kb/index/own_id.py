"""Two files, one id: which of them keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kb.entry import Entry, Problem
from kb.wording import say


def with_own_id(entry: Entry, taken: dict[str, str]) -> tuple[Entry, list[Problem]]:
    """Return the entry with a unique id; of files with the same id, the earlier one keeps it."""
    own = entry.path.removesuffix(".md")
    owner = taken.get(entry.id)
    if owner in (None, entry.path):
        return entry, []
    free = next(i for i in _candidates(own) if taken.get(i) in (None, entry.path))
    message = say(
        "The id '{id}' is already used by {owner}; this entry gets '{free}' until you change it.",
        id=entry.id,
        owner=owner,
        free=free,
    )
    return replace(entry, id=free), [Problem(entry.path, 1, message)]


def _candidates(own: str) -> Iterator[str]:
    yield own
    yield from (f"{own}-{n}" for n in range(2, 10_000))
