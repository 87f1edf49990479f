"""Labels of scoreboard rows: agreed terms, or the titles of entries."""

from __future__ import annotations

from collections.abc import Sequence

from app.words.reader import Reader
from kb.library import Library

ENTRY_DIMENSIONS = ("talk-track", "campaign")


def board_labels(by: str, keys: Sequence[str], reader: Reader, library: Library) -> dict[str, str]:
    """Return labels by key; the key itself if there is none."""
    if by not in ENTRY_DIMENSIONS:
        return {key: reader.label(by, key) for key in keys}
    known = library.entries.summaries(keys)
    return {key: known[key].title if key in known else key for key in keys}
