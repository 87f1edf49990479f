"""The audit log: who did what and when, appended to and never changed.

What must be logged is refused where it cannot be; a save of an entry never is: its event waits in memory and is written
later. No texts of entries and no searches are in it.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from kb.clock import CLOCK, Clock
from kb.errors import KBError
from kb.people.acting import Acting, acting
from kb.people.chain import NOTHING, Fault, Head, Row, digest, faults_of
from kb.people.denials import Denials, Denied
from kb.people.errors import NotLoggedError, PeopleUnavailableError
from kb.people.events import REQUIRED, Event
from kb.people.file import PeopleFile
from kb.people.tables import AUDIT, AUDIT_HEAD
from kb.viewer import Viewer

KEEP_DAYS = 400  # retention, by default
MOST_WAITING = 10_000  # events in memory while the file cannot be written
MOST_CHARACTERS = 200  # of a value
MOST_VALUES = 60  # of a list
Fact = str | int | bool | Sequence[str]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows to list; empty means all."""

    event: str = ""
    person: str = ""  # id, or name at that time
    about: str = ""
    since: str = ""  # UTC, ISO, inclusive
    until: str = ""  # exclusive


class Audit:
    """The audit log. Safe with threads and other processes."""

    def __init__(
        self, file: PeopleFile, clock: Clock = CLOCK, *, keep_days: int = KEEP_DAYS, is_kept: bool = True
    ) -> None:
        """Keep the log in a file; `is_kept` False: nothing is logged, since nobody signs in."""
        self.is_kept = is_kept
        self.trouble = ""  # why events wait; empty if all is well
        self._file = file
        self._clock = clock
        self._keep = timedelta(days=keep_days)
        self._waiting: deque[Row] = deque()
        self._lost = 0  # events that no longer fitted in
        self._lock = threading.Lock()
        self._denials = Denials(clock)

    @property
    def waiting(self) -> int:
        """How many events wait to be written."""
        return len(self._waiting)

    def note(self, event: Event, viewer: Viewer, about: str = "", **facts: Fact) -> None:
        """Log an event. Raises NotLoggedError if it must be logged and cannot be; other events wait."""
        if self.is_kept:
            self._keep_row(_row(event, replace(acting(), viewer=viewer), self._clock.now(), about, facts))

    def noted(self, event: Event, about: str) -> None:
        """Log an event of whoever is acting: for stores, which do not know who asks."""
        self.note(event, acting().viewer, about)

    @contextmanager
    def deed(self, event: Event, viewer: Viewer, about: str = "", **facts: Fact) -> Iterator[None]:
        """Log what is done in the block before it is done, and once more if it fails. Raises NotLoggedError."""
        self.note(event, viewer, about, **facts)
        try:
            yield
        except KBError:
            self.note(event, viewer, about, **facts, failed=True)
            raise

    def denied(self, route: str, status: int, who: Acting) -> None:
        """Count a refused request; it is logged with others of its kind when the minute is over."""
        if self.is_kept:
            self._denials.add(who, route, status)

    def retry(self, *, at_once: bool = False) -> None:
        """Write what waits, and the refusals whose minute is over (`at_once`: all). Raises PeopleUnavailableError."""
        for one in self._denials.take(at_once=at_once):
            self._wait(_denied(one))
        with self._lock:
            self._write()

    def close(self) -> None:
        """Write what waits, if it can be written."""
        try:
            self.retry(at_once=True)
        except PeopleUnavailableError:
            log.exception("%d events of the audit log could not be written.", len(self._waiting))

    def trim(self) -> int:
        """Remove rows past their retention from the beginning, and log the hash of the last; return how many."""
        until = _iso(self._clock.now() - self._keep)
        with self._lock, self._file.writing() as connection:
            first_kept = connection.scalar(select(func.min(AUDIT.c.number)).where(AUDIT.c.at >= until))
            head = _head(connection)
            last = head.number if first_kept is None and head else (first_kept or 1) - 1
            kept = connection.scalar(select(AUDIT.c.hash).where(AUDIT.c.number == last))
            if kept is None:
                return 0
            removed = connection.execute(delete(AUDIT).where(AUDIT.c.number <= last)).rowcount
            facts = {"number": last, "hash": kept, "rows": removed}
            _append(connection, [_row("audit-trimmed", acting(), self._clock.now(), "", facts)])
        return int(removed)

    def head(self) -> Head | None:
        """Return the newest row, to be kept elsewhere. Raises PeopleUnavailableError."""
        with self._file.reading() as connection:
            return _head(connection)

    def verify(self, kept: Sequence[Head] = ()) -> list[Fault]:
        """Return where the log is not as it was written. `kept` are newest rows that were kept elsewhere."""
        with self._file.reading() as connection:
            self._file.hold_still(connection)  # one state, while others append
            head = _head(connection)
            found = connection.execution_options(yield_per=1_000).execute(select(AUDIT).order_by(AUDIT.c.number))
            return list(faults_of((Row(*row) for row in found), head, kept))

    def rows(self, wanted: Wanted, *, before: int = 0, limit: int = 50) -> list[Row]:
        """Return rows, newest first; `before` is the number of the last one of the page before."""
        query = _chosen(wanted).order_by(AUDIT.c.number.desc()).limit(limit)
        if before:
            query = query.where(AUDIT.c.number < before)
        with self._file.reading() as connection:
            return [Row(*row) for row in connection.execute(query)]

    def count(self, wanted: Wanted) -> int:
        """Return how many rows there are."""
        with self._file.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(_chosen(wanted).subquery())) or 0)

    def all_rows(self, wanted: Wanted) -> Iterator[Row]:
        """Yield rows, oldest first."""
        with self._file.reading() as connection:
            found = connection.execution_options(yield_per=1_000).execute(_chosen(wanted).order_by(AUDIT.c.number))
            for row in found:
                yield Row(*row)

    def names(self) -> dict[str, str]:
        """Return the newest name of everybody in the log, by id."""
        newest = select(func.max(AUDIT.c.number)).where(AUDIT.c.person != "").group_by(AUDIT.c.person)
        with self._file.reading() as connection:
            found = connection.execute(select(AUDIT.c.person, AUDIT.c.name).where(AUDIT.c.number.in_(newest)))
            return {row.person: row.name for row in found}

    def last_of(self, event: Event) -> dict[str, str]:
        """Return when an event last happened to each person (UTC, ISO), by id."""
        newest = select(AUDIT.c.person, func.max(AUDIT.c.at)).where(AUDIT.c.event == event).group_by(AUDIT.c.person)
        with self._file.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(newest)}

    def _keep_row(self, row: Row) -> None:
        if row.event in REQUIRED:
            with self._lock:
                try:
                    self._write(row)
                except PeopleUnavailableError as error:
                    raise NotLoggedError(self.trouble) from error
            return
        self._wait(row)
        if not self.trouble and self._lock.acquire(blocking=False):  # else the next event, or the background job
            try:
                self._write()
            except PeopleUnavailableError:
                pass  # logged; the event waits
            finally:
                self._lock.release()

    def _wait(self, row: Row) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(row)
        else:
            self._lost += 1

    def _write(self, *now: Row) -> None:
        """Write what waits, then `now`; the caller holds the lock. Raises PeopleUnavailableError."""
        taken, lost = len(self._waiting), self._lost
        rows = [self._waiting[at] for at in range(taken)]
        rows += [_row("audit-lost", Acting(), self._clock.now(), "", {"events": lost})] * bool(lost)
        rows += now
        if not rows and not self.trouble:
            return
        try:
            with self._file.writing() as connection:
                _append(connection, rows)
        except PeopleUnavailableError as error:
            if not self.trouble:
                log.warning("The audit log cannot be written: %s", error.sentence)
            self.trouble = error.sentence
            raise
        for _ in range(taken):
            self._waiting.popleft()
        self._lost -= lost
        self.trouble = ""


def _append(connection: Connection, rows: Sequence[Row]) -> None:
    """Append rows to the chain; the connection alone may write."""
    if not rows:
        return
    head = _head(connection) or Head(0, NOTHING)
    for row in rows:
        chained = replace(row, number=head.number + 1, previous=head.hash)
        chained = replace(chained, hash=digest(chained))
        connection.execute(insert(AUDIT).values(**asdict(chained)))
        head = Head(chained.number, chained.hash)
    connection.execute(delete(AUDIT_HEAD))
    connection.execute(insert(AUDIT_HEAD).values(number=head.number, hash=head.hash))


def _head(connection: Connection) -> Head | None:
    found = connection.execute(select(AUDIT_HEAD).order_by(AUDIT_HEAD.c.number.desc())).first()
    return Head(found.number, found.hash) if found else None


def _row(event: Event, who: Acting, at: datetime, about: str, facts: Mapping[str, Any]) -> Row:
    """Return an event that is not in the chain yet."""
    kept = {name: _short(value) for name, value in facts.items()}
    return Row(
        number=0,
        at=_iso(at),
        event=event,
        person=who.viewer.person,
        name=_clean(who.viewer.name),
        way=_clean(who.way),
        network=_clean(who.network),
        about=_clean(about),
        facts=json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        previous="",
    )


def _denied(one: Denied) -> Row:
    return _row("denied", one.who, one.at, "", {"route": one.route, "status": one.status, "count": one.count})


def _chosen(wanted: Wanted) -> Any:
    query = select(AUDIT)
    if wanted.event:
        query = query.where(AUDIT.c.event == wanted.event)
    if wanted.person:
        query = query.where((AUDIT.c.person == wanted.person) | (AUDIT.c.name == wanted.person))
    if wanted.about:
        query = query.where(AUDIT.c.about == wanted.about)
    if wanted.since:
        query = query.where(AUDIT.c.at >= wanted.since)
    if wanted.until:
        query = query.where(AUDIT.c.at < wanted.until)
    return query


def _short(value: Any) -> Any:
    if isinstance(value, bool | int):
        return value
    return _clean(value) if isinstance(value, str) else [_clean(str(one)) for one in value][:MOST_VALUES]


def _clean(text: str) -> str:
    """Return a value without control characters, which would forge lines in a terminal, and not too long."""
    return "".join(sign for sign in text[:MOST_CHARACTERS] if sign.isprintable())


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
