"""What the rows of a scoreboard are called: agreed words, or the titles of entries."""

from __future__ import annotations

from collections.abc import Iterable

from app.words.labels import label
from kb.library import Library

ENTRY_DIMENSIONS = ("talk-track", "campaign")


def board_labels(by: str, keys: Iterable[str], locale: str, library: Library) -> dict[str, str]:
    """Return a label by key; the key itself where nothing better is known."""
    wanted = list(keys)
    if by not in ENTRY_DIMENSIONS:
        return {key: label(by, key, locale, library.playbook) for key in wanted}
    known = library.entries.summaries(wanted)
    return {key: known[key].title if key in known else key for key in wanted}
