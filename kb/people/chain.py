"""The chain of the audit log: each row holds the hash of the one before, so that a change to any of them shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from kb.wording import say

NOTHING = "0" * 64  # what the first row follows
TRIMMED = "audit-trimmed"  # the event that names the last row removed after its retention


@dataclass(frozen=True, slots=True)
class Row:
    """One event of the audit log."""

    number: int  # 1, 2, 3 … without gaps
    at: str  # UTC, ISO
    event: str
    person: str  # id; empty where nobody was signed in
    name: str  # of the person at that time
    way: str  # session, the name of a token, or a command
    network: str  # address
    about: str  # id of an entry, a person or a token
    facts: str  # JSON
    previous: str  # hash of the row before
    hash: str = ""

    @property
    def known(self) -> dict[str, Any]:
        """The facts."""
        found = json.loads(self.facts)
        return found if isinstance(found, dict) else {}


class Head(NamedTuple):
    """The newest row; kept elsewhere, it proves later that nothing before it was changed."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the log is not as it was written."""

    number: int
    sentence: str


_HASHED = tuple(field.name for field in fields(Row) if field.name != "hash")


def digest(row: Row) -> str:
    """Return the SHA-256 of a row's JSON: a list of its fields in their order, the hash before it last."""
    text = json.dumps([getattr(row, name) for name in _HASHED], separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def faults_of(rows: Iterable[Row], head: Head | None, kept: Sequence[Head] = ()) -> Iterator[Fault]:
    """Yield what is wrong with the rows, oldest first; `head` is the recorded newest row, `kept` are earlier ones."""
    first: Row | None = None
    before: Row | None = None
    start = Head(0, NOTHING)  # the row the first one follows
    wanted = {one.number: one.hash for one in kept}
    for row in rows:
        if before is not None and row.number != before.number + 1:
            yield _missing(before.number + 1, row.number - 1)
        elif before is not None and row.previous != before.hash:
            yield Fault(
                row.number, say("Row {number} does not follow row {before}.", number=row.number, before=before.number)
            )
        if digest(row) != row.hash:
            yield Fault(row.number, say("Row {number} was changed.", number=row.number))
        if wanted.pop(row.number, row.hash) != row.hash:
            yield _other(row.number)
        if row.event == TRIMMED:
            start = _start_of(row) or start
        first, before = first or row, row
    yield from _ends(first, before, start, head)
    for number, wish in sorted(wanted.items()):
        if number == start.number and wish == start.hash:
            continue
        if before is None or number >= start.number:
            yield _other(number)


def _ends(first: Row | None, last: Row | None, start: Head, head: Head | None) -> Iterator[Fault]:
    """Yield what is wrong with the beginning and the end."""
    if first is not None and first.number > start.number + 1:
        yield _missing(start.number + 1, first.number - 1)
    elif first is not None and (first.number, first.previous) != (start.number + 1, start.hash):
        yield Fault(first.number, say("Row {number} is not the first one that should be left.", number=first.number))
    at = last.number if last else 0
    if head is None:
        if last is not None:
            yield Fault(at, say("The record of the newest row is missing."))
    elif head.number > at:
        yield _missing(at + 1, head.number)
    elif last is not None and head != (last.number, last.hash):
        yield Fault(at, say("Row {number} is not the newest row that was recorded.", number=at))


def _start_of(row: Row) -> Head | None:
    """Return the last removed row, as the event of its removal names it."""
    try:
        return Head(int(row.known["number"]), str(row.known["hash"]))
    except (KeyError, TypeError, ValueError):
        return None


def _missing(first: int, last: int) -> Fault:
    if first == last:
        return Fault(first, say("Row {number} is missing.", number=first))
    return Fault(first, say("Rows {first} to {last} are missing.", first=first, last=last))


def _other(number: int) -> Fault:
    return Fault(number, say("Row {number} is not the one whose hash was kept.", number=number))
