"""The audit log in words: for the page, the command line and exports."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.words.reader import Reader
from app.words.token_view import teams_of
from kb.clock import midnight
from kb.people.chain import Row

CHANGED = " → "
LABELS = {"role": "role", "scope": "tokens.scope"}  # where the labels of a detail are


def as_json(row: Row) -> dict[str, Any]:
    """Return a row as an export has it."""
    return {**asdict(row), "facts": row.known}


def in_line(row: Row, reader: Reader) -> str:
    """Return a row as one line of the command line."""
    parts = (time_of(row), event_of(row, reader), who_of(row, reader), row.about, facts_of(row, reader))
    return f"{row.number:>6}  " + "  ".join(part for part in parts if part)


def time_of(row: Row) -> str:
    """Return when it happened, in the machine's time zone, to the second."""
    return _local(row.at).strftime("%Y-%m-%d %H:%M:%S")


def moment(at: str) -> str:
    """Return a time (UTC, ISO) in the machine's time zone, to the minute."""
    return _local(at).strftime("%Y-%m-%d %H:%M")


def event_of(row: Row, reader: Reader) -> str:
    """Return what happened."""
    return reader.label("audit.event", row.event)


def who_of(row: Row, reader: Reader) -> str:
    """Return who did it, and by which way."""
    name = row.name or reader("audit.nobody" if row.network else "audit.server")
    way = reader(f"audit.way.{row.way}") if reader.has(f"audit.way.{row.way}") else row.way
    beside = " · ".join(part for part in (way, row.network) if part and part != "server")
    return reader("audit.who", name=name, beside=beside) if beside else name


def is_of_entry(row: Row) -> bool:
    """Whether a row is about an entry."""
    return row.event.startswith("entry-")


def facts_of(row: Row, reader: Reader) -> str:
    """Return the details."""
    shown = (f"{reader.label('audit.fact', name)}: {_value(name, value, reader)}" for name, value in row.known.items())
    return reader("comma").join(shown)


def wanted_days(since: str, until: str) -> tuple[str, str]:
    """Return a period of days, both inclusive, as times: UTC, ISO. Raises ValueError with the day that is none."""
    first, last = _day(since), _day(until)
    return _iso(first) if first else "", _iso(last + timedelta(days=1)) if last else ""


def _local(at: str) -> datetime:
    return datetime.fromisoformat(at).astimezone()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise ValueError(text[:40]) from None


def _iso(day: date) -> str:
    return midnight(day).astimezone(UTC).isoformat(timespec="milliseconds")


def _value(name: str, value: Any, reader: Reader) -> str:
    if isinstance(value, bool):
        return reader("audit.yes" if value else "audit.no")
    if name == "teams" and isinstance(value, list):
        return teams_of(value, reader) or reader("people.no_teams")
    if isinstance(value, list):
        return reader("comma").join(map(str, value))
    return CHANGED.join(_label(name, part, reader) for part in str(value).split(CHANGED))  # a role: before → after


def _label(name: str, value: str, reader: Reader) -> str:
    key = f"{LABELS.get(name, f'audit.value.{name}')}.{value}"
    return reader(key) if reader.has(key) else value
