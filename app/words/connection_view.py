"""What is said about a connection to a CRM."""

from __future__ import annotations

from app.words.reader import Reader
from ingest.connectors.deals import moment
from ingest.connectors.state import Progress
from kb.wording import from_json


def said_of(progress: Progress, reader: Reader) -> str:
    """Return how the last pulls ended, as sentences."""
    if progress.failed_at:
        at, why = when(progress.failed_at, reader), reader.say(from_json(progress.why))
        return reader("pull.failed", at=at, why=why)
    if not progress.read_at:
        return reader("pull.never")
    if not progress.written_at:
        return reader("pull.unwritten", at=when(progress.read_at, reader))
    return reader("pull.well", at=when(progress.read_at, reader), written=when(progress.written_at, reader))


def when(at: str, reader: Reader) -> str:
    """Return a time of the state as people read it; empty if it never was."""
    return reader.moment(moment(at).astimezone()) if at else ""


def counts_of(progress: Progress, reader: Reader) -> str:
    """Return what the last pull wrote; empty if none did."""
    if not progress.written_at:
        return ""
    names = ("new", "changed", "left_out", "gone")
    return reader("pull.counts", **{name: reader.number(progress.counts.get(name, 0)) for name in names})
