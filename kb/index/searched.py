"""What an entry is found by besides its passages: what people wrote, not what a program put around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.entry import Entry
from kb.fields import FIELDS
from kb.index.vectors import View

# A time in a recording, a page or a slide number: it leads to the place, but nobody looks for it.
_PLACE = re.compile(r"[\W\d_]+|(?:ページ|スライド|Page|Slide) \d+")


def title_of(entry: Entry) -> str:
    """Return the title of an entry; empty for a saved meeting, whose title is its period."""
    return "" if entry.is_meeting else entry.title


def headings_of(entry: Entry, headings: Sequence[str]) -> tuple[str, ...]:
    """Return the headings above a passage that say what it is about."""
    return () if entry.is_meeting else tuple(heading for heading in headings if not _PLACE.fullmatch(heading))


def tags_of(entry: Entry, labels: Sequence[str]) -> list[str]:
    """Return the labels of an entry: indexed as keywords although they are not in the text."""
    if entry.is_meeting:
        return []
    return [*(word for field in FIELDS if field.is_keyword for word in entry.values(field.name)), *labels]


def text_to_embed(view: View, entry: Entry, headings: Sequence[str], body: str) -> str:
    """Return the text of a passage that is embedded for a view: its own, or the titles above it."""
    head = " › ".join(filter(None, (title_of(entry), *headings_of(entry, headings))))
    return head if head and (view == "heads" or not body.strip()) else body
