"""What the activity database holds: searches, opened and helpful entries, grades, and decisions about gaps."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes it as well

from kb.clock import CLOCK, Clock
from kb.loop.activity_file import ActivityFile, Event
from kb.loop.quality import Grade, Run, Use, figures_of, figures_text
from kb.loop.schema import STEPS
from kb.loop.tables import GAPS, GRADES, HELPFUL, JUDGED, MEANINGS, MEETINGS, NOTIFIED, OPENED, QUALITY, SEARCHES, USED
from kb.shared.database import Database
from kb.shared.recent import RecentSearches

KEEP_DAYS = 180  # retention of search queries, by default
UNSEEN_SECONDS = 2.0  # how often it is read who has an answer to see, of what other processes wrote
_SEARCHED = upsert(SEARCHES).on_conflict_do_nothing()
_OPENED = insert(OPENED)


@dataclass(frozen=True, slots=True)
class Searched:
    """A logged search with its outcome."""

    id: str
    at: str
    query: str
    language: str = ""
    team: str = ""
    filters: str = "[]"
    confidence: str = ""
    total: int = 0
    hidden: int = 0
    asker: str = ""
    deal: str = ""


@dataclass(frozen=True, slots=True)
class GapRow:
    """A decision about a gap."""

    query: str
    wording: str
    filters: str = "[]"
    state: str = "open"
    owner: str = ""
    due: str = ""
    entry: str = ""
    changed_at: str = ""
    needed_by: str = ""


class Activity(ActivityFile):
    """The activity database. Safe with threads and other processes."""

    def __init__(
        self,
        path: Path,
        *,
        is_kept: bool = True,
        keep_days: int = KEEP_DAYS,
        clock: Clock = CLOCK,
        steps: Path = STEPS,
        database: Database | None = None,
    ) -> None:
        """Open or create the file, or use a database. `is_kept` False: searches are not logged."""
        super().__init__(path, steps, database)
        self._is_kept = is_kept
        self._keep_days = keep_days
        self._clock = clock
        self._unseen: frozenset[str] = frozenset()  # askers who may have an answer to see
        self._unseen_until = 0.0  # on the monotonic clock
        self.recent = RecentSearches(database, clock) if database and is_kept else None  # of each person
        self.purge_expired()

    def searched(self, search: Searched, replaces: str = "") -> None:
        """Log a search; `replaces` is the id of the unfinished query it continues."""
        if not self._is_kept:
            return
        statements: list[Executable | Event] = [(_SEARCHED, asdict(search))]
        if replaces:
            statements.insert(0, delete(SEARCHES).where(SEARCHES.c.id == replaces))
        self._later(statements)

    def opened(self, search: str, entry: str, how: str = "page") -> None:
        """Log that a hit of a search was opened, or used in another way."""
        if self._is_kept:
            self._later([(_OPENED, {"search": search, "entry": entry, "at": self.stamp(), "how": how})])

    def used(self, search: str, entry: str, deal: str) -> None:
        """Log that a hit of a search was used in a deal."""
        if self._is_kept:
            self._later([insert(USED).values(search=search, entry=entry, deal=deal, at=self.stamp())])

    def helpful(self, entry: str, asker: str, *former: str) -> int:
        """Mark an entry as helpful, once per person under any of the names in the log; return the number of people.

        Raises ActivityUnavailableError.
        """
        row = upsert(HELPFUL).values(entry=entry, asker=asker, at=self.stamp()).on_conflict_do_nothing()
        is_marked = select(HELPFUL.c.at).where(HELPFUL.c.entry == entry, HELPFUL.c.asker.in_(former))
        with self._writing() as connection:
            if connection.scalar(is_marked) is None:
                connection.execute(row)
            counted = select(func.count()).select_from(HELPFUL).where(HELPFUL.c.entry == entry)
            return int(connection.scalar(counted) or 0)

    def helpful_counts(self, *entries: str) -> dict[str, int]:
        """Return the helpful counts of some entries, or of all; empty if unreadable."""
        counted = select(HELPFUL.c.entry, func.count()).group_by(HELPFUL.c.entry)
        if entries:
            counted = counted.where(HELPFUL.c.entry.in_(entries))
        return {row[0]: row[1] for row in self._rows_or_none(counted)}

    def searches(self, since: str, until: str = "9") -> list[Searched]:
        """Return the searches of a period (UTC, ISO) whose queries are still retained, oldest first."""
        within = select(SEARCHES).where(SEARCHES.c.at >= since, SEARCHES.c.at < until, SEARCHES.c.query != "")
        return [Searched(**row._mapping) for row in self._rows(within.order_by(SEARCHES.c.at))]

    def opened_of(self, since: str) -> dict[str, list[str]]:
        """Return the entries opened, copied, called helpful or used in a deal, by search, since a time."""
        found: dict[str, list[str]] = {}
        for table in (OPENED, USED):
            for search, entry in self._rows(select(table.c.search, table.c.entry).where(table.c.at >= since)):
                found.setdefault(search, []).append(entry)
        return found

    def last_opened(self) -> dict[str, str]:
        """Return when each entry was last opened from a search (UTC, ISO)."""
        return {row[0]: row[1] for row in self._rows(select(OPENED.c.entry, func.max(OPENED.c.at)).group_by("entry"))}

    def days_opened(self) -> dict[str, date]:
        """Return the day each entry was last opened from a search."""
        return {entry: datetime.fromisoformat(at).date() for entry, at in self.last_opened().items()}

    def gaps(self) -> dict[str, GapRow]:
        """Return the decisions about gaps, by folded query."""
        return {row[0]: GapRow(*row) for row in self._rows(select(GAPS))}

    def open_gaps(self) -> list[GapRow]:
        """Return the decisions about open gaps, the nearest due first; none if unreadable."""
        found = [GapRow(*row) for row in self._rows_or_none(select(GAPS).where(GAPS.c.state == "open"))]
        return sorted(found, key=lambda gap: (not gap.due, gap.due, gap.query))

    def since(self, span: timedelta) -> str:
        """Return the time a span ago, UTC, ISO."""
        return (self._clock.now() - span).isoformat(timespec="seconds")

    def decide(self, gap: GapRow, notify: Iterable[str] = ()) -> None:
        """Store a decision about a gap, and whom to notify. Raises ActivityUnavailableError."""
        values = {**asdict(gap), "changed_at": self.stamp()}
        row = upsert(GAPS).values(**values)
        with self._writing() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["query"], set_=values))
            connection.execute(delete(NOTIFIED).where(NOTIFIED.c.query == gap.query))
            rows = [{"query": gap.query, "asker": asker, "seen": 0} for asker in sorted(set(notify))]
            if rows:
                connection.execute(insert(NOTIFIED), rows)
        self._unseen_until = 0.0

    def unseen(self, askers: Collection[str]) -> list[GapRow]:
        """Return the closed gaps whose answer a person has not seen yet; none if unreadable."""
        if not self._may_have_unseen(askers):
            return []
        mine = select(NOTIFIED.c.query).where(NOTIFIED.c.asker.in_(askers), NOTIFIED.c.seen == 0)
        found = select(GAPS).where(GAPS.c.query.in_(mine), GAPS.c.state == "closed")
        return [GapRow(*row) for row in self._rows_or_none(found)]

    def seen(self, askers: Collection[str], entry: str) -> None:
        """Log that a person has seen the entry that closed their gaps."""
        if not self._may_have_unseen(askers):
            return
        closed = select(GAPS.c.query).where(GAPS.c.entry == entry)
        mine = update(NOTIFIED).where(NOTIFIED.c.asker.in_(askers), NOTIFIED.c.query.in_(closed))
        self._later([mine.values(seen=1)])

    def _may_have_unseen(self, askers: Collection[str]) -> bool:
        """Whether a person may have an answer to see: few people have, and every page asks for it."""
        if (now := time.monotonic()) > self._unseen_until:
            self._unseen_until = now + UNSEEN_SECONDS  # before reading, so that what is decided meanwhile counts
            found = self._rows_or_none(select(NOTIFIED.c.asker).where(NOTIFIED.c.seen == 0).distinct())
            self._unseen = frozenset(row[0] for row in found)
        return not self._unseen.isdisjoint(askers)

    def searches_of(self, askers: Collection[str]) -> list[Searched]:
        """Return the searches of a person whose words are still kept, newest first; none if unreadable."""
        mine = select(SEARCHES).where(SEARCHES.c.asker.in_(askers), SEARCHES.c.query != "")
        return [Searched(**row._mapping) for row in self._rows_or_none(mine.order_by(SEARCHES.c.at.desc()))]

    def helpful_to(self, askers: Collection[str]) -> list[str]:
        """Return the entries a person marked as helpful; none if unreadable."""
        mine = select(HELPFUL.c.entry).where(HELPFUL.c.asker.in_(askers)).order_by(HELPFUL.c.entry)
        return [row[0] for row in self._rows_or_none(mine)]

    def forget_asker(self, askers: Collection[str]) -> None:
        """Delete what a person searched, opened, used from a search and marked. Raises ActivityUnavailableError."""
        searches = select(SEARCHES.c.id).where(SEARCHES.c.asker.in_(askers))
        with self._writing() as connection:
            for table in (OPENED, USED):
                connection.execute(delete(table).where(table.c.search.in_(searches)))
            for table in (SEARCHES, HELPFUL, NOTIFIED):
                connection.execute(delete(table).where(table.c.asker.in_(askers)))

    def keep_figures(self, note: str, figures: str) -> None:
        """Store the figures of a meeting by the id of its note. Raises ActivityUnavailableError."""
        values = {"note": note, "figures": figures, "at": self.stamp()}
        row = upsert(MEETINGS).values(**values)
        with self._writing() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["note"], set_=values))

    def figures_of(self, note: str) -> str:
        """Return the stored figures of a meeting; empty if there are none or they cannot be read."""
        found = self._rows_or_none(select(MEETINGS.c.figures).where(MEETINGS.c.note == note))
        return str(found[0][0]) if found else ""

    def forget(self, since: str, until: str, entries: Sequence[str]) -> None:
        """Delete the searches and gaps of a time (UTC, ISO), and what is kept of entries that are gone.

        Raises ActivityUnavailableError.
        """

        def within(column: Any) -> Any:
            return (column >= since) & (column < until)

        searches, gaps = select(SEARCHES.c.id).where(within(SEARCHES.c.at)), GAPS.c.changed_at
        with self._writing() as connection:
            for table in (OPENED, USED):
                connection.execute(delete(table).where(table.c.search.in_(searches)))
            decided = select(GAPS.c.query).where(within(gaps))
            connection.execute(delete(NOTIFIED).where(NOTIFIED.c.query.in_(decided)))
            for column in (SEARCHES.c.at, gaps, MEANINGS.c.at, JUDGED.c.at):
                connection.execute(delete(column.table).where(within(column)))
            for column in (HELPFUL.c.entry, GRADES.c.entry, MEETINGS.c.note):
                connection.execute(delete(column.table).where(column.in_(entries)))

    def purge_expired(self) -> None:
        """Delete queries, who searched, and derived data past their retention."""
        until = (self._clock.now() - timedelta(days=self._keep_days)).isoformat(timespec="seconds")
        emptied = update(SEARCHES).where(SEARCHES.c.at < until, SEARCHES.c.query != "").values(query="", asker="")
        self._later([emptied, *(delete(table).where(table.c.at < until) for table in (MEANINGS, JUDGED))])

    def wording_vectors(self, model: str) -> dict[str, bytes]:
        """Return the stored vectors of wordings made by a model."""
        kept = select(MEANINGS.c.wording, MEANINGS.c.vector).where(MEANINGS.c.model == model)
        return {row[0]: row[1] for row in self._rows(kept)}

    def keep_wording_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """Store vectors of wordings, with the retention of queries."""
        rows = [{"wording": w, "model": model, "vector": v, "at": self.stamp()} for w, v in vectors.items()]
        if rows:
            self._later([upsert(MEANINGS).values(rows).on_conflict_do_nothing()])

    def judged(self) -> dict[tuple[str, str], bool]:
        """Return the pairs of wordings people judged, and whether they mean the same."""
        return {(row[0], row[1]): bool(row[2]) for row in self._rows(select(JUDGED))}

    def judge(self, pairs: Iterable[tuple[str, str]], *, is_same: bool) -> None:
        """Store whether pairs of folded wordings mean the same. Raises ActivityUnavailableError."""
        now = self.stamp()
        values = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}
        rows = [{"one": one, "other": other, "is_same": int(is_same), "at": now} for one, other in sorted(values)]
        row = upsert(JUDGED)
        changes = {"is_same": row.excluded.is_same, "at": row.excluded.at}
        with self._writing() as connection:
            if rows:
                connection.execute(row.on_conflict_do_update(index_elements=["one", "other"], set_=changes), rows)

    def uses(self, since: str) -> list[Use]:
        """Return the uses of hits since a time, oldest first."""
        rows = []
        for table, how in ((OPENED, OPENED.c.how), (USED, literal("deal"))):
            columns = select(table.c.search, table.c.entry, how, table.c.at)
            rows += self._rows(columns.where(table.c.at >= since))
        return sorted((Use(*row) for row in rows), key=lambda use: use.at)

    def grades(self) -> list[Grade]:
        """Return every grade people gave."""
        return [Grade(*row) for row in self._rows(select(GRADES))]

    def keep_grades(self, grades: Iterable[Grade]) -> None:
        """Store grades; a later one replaces an earlier one. Raises ActivityUnavailableError."""
        rows = [asdict(grade) for grade in grades]
        row = upsert(GRADES)
        changes = {name: row.excluded[name] for name in ("wording", "grade", "at")}
        with self._writing() as connection:
            if rows:
                connection.execute(row.on_conflict_do_update(index_elements=["query", "entry"], set_=changes), rows)

    def runs(self, shown: str) -> list[Run]:
        """Return the measurements of the search with some visibilities, oldest first."""
        kept = self._rows(select(QUALITY).where(QUALITY.c.shown == shown).order_by(QUALITY.c.at))
        return [Run(**{**row._mapping, "figures": figures_of(row.figures)}) for row in kept]

    def keep_run(self, run: Run) -> None:
        """Store a measurement. Raises ActivityUnavailableError."""
        with self._writing() as connection:
            values = {**asdict(run), "figures": figures_text(run.figures)}
            connection.execute(upsert(QUALITY).values(**values).on_conflict_do_nothing())

    def now(self) -> datetime:
        """Return the current time, UTC."""
        return self._clock.now()

    def stamp(self) -> str:
        """Return the current time, UTC, ISO."""
        return self._clock.now().isoformat(timespec="milliseconds")
