"""Record in an entry's file that somebody has checked it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date

from ingest.document import Document
from ingest.front_matter import edited, fields_in
from ingest.store import EntryStore
from ingest.unverified import VERIFICATION
from ingest.using import with_fields
from ingest.yaml_text import Line, Plain

MONTHS_AHEAD = 6  # to the next review, if the last one is overdue


def verify(store: EntryStore, entry_id: str, by: str, today: date, author: str = "") -> None:
    """Write who checked an entry and when; an overdue review date is moved ahead. `author` is for the history.

    Raises EntryNotFoundError, StaleEditError, RefusedTextError, NotSavedError, ReadOnlyError.
    """
    source = store.source(entry_id)
    changes: dict[str, Plain | None] = {"verified_by": by, "verified_on": today.isoformat()}
    if source.entry.review_by and source.entry.review_by < today:
        changes["review_by"] = months_later(today, MONTHS_AHEAD).isoformat()
    text = with_fields(Document.of(source.text), changes)
    by_whom = author or by
    store.update(
        entry_id, text, source.content_hash, force=True, author=by_whom, reason="verified", change="entry-verified"
    )


def with_own_verification(document: Document, before: Document | None, by: str) -> Document:
    """Return a text that says nothing new about who verified it, except that `by` did, unless that is empty."""
    if document.fault or (before and before.fault):
        return document
    now, was = fields_in(document), fields_in(before) if before else {}
    changed = [name for name in VERIFICATION if _value(now, name) != _value(was, name)]
    changes = {name: _value(was, name) for name in changed}
    if by:
        is_of_another = "verified_by" in changed and _value(now, "verified_by") not in (None, by)
        changes = {"verified_by": by} if is_of_another else {}
    return Document.of(edited(document, changes)) if changes else document


def _value(lines: Mapping[str, Line], name: str) -> Plain | None:
    return lines[name].value if name in lines else None


def months_later(day: date, months: int) -> date:
    """Return the same day in a later month, or the last day of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
