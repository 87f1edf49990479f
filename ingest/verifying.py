"""Record in an entry's file that somebody has checked it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from ingest.document import Document
from ingest.store import EntryStore
from ingest.using import with_fields
from ingest.yaml_text import Plain

MONTHS_AHEAD = 6  # to the next review, if the last one is overdue


def verify(store: EntryStore, entry_id: str, by: str, today: date) -> None:
    """Write who checked an entry and when; an overdue review date is moved ahead.

    Raises EntryNotFoundError, StaleEditError, RefusedTextError, NotSavedError, ReadOnlyError.
    """
    source = store.source(entry_id)
    changes: dict[str, Plain | None] = {"verified_by": by, "verified_on": today.isoformat()}
    if source.entry.review_by and source.entry.review_by < today:
        changes["review_by"] = months_later(today, MONTHS_AHEAD).isoformat()
    text = with_fields(Document.of(source.text), changes)
    store.update(entry_id, text, source.content_hash, force=True, author=by, reason="verified", change="entry-verified")


def months_later(day: date, months: int) -> date:
    """Return the same day in a later month, or the last day of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
