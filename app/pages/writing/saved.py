"""Where a page leads after a save."""

from __future__ import annotations

from app.words.addresses import entry_address
from ingest.stored import Saved
from kb.library import Library


def address_after(saved: Saved, library: Library, message: str = "1") -> str:
    """Return the page of a saved entry with a message, or a page that says that it is not searchable yet."""
    if saved.is_findable:
        return f"{entry_address(saved.id)}?saved={message}"
    is_known = bool(library.entries.summaries([saved.id]))  # a new one has no page before it is indexed
    return f"{entry_address(saved.id) if is_known else '/new'}?saved=soon"
