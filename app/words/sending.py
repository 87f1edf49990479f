"""Why something could not be sent, in words."""

from __future__ import annotations

from app.words.reader import Reader


def said_of(why: str, reader: Reader) -> str:
    """Return why a message did not arrive; a status of HTTP stays as it is."""
    return reader(key) if reader.has(key := f"webhooks.why_{why}") else why
