"""Pull deals from a CRM: read what changed, show what would be written, write it. Every step can be repeated.

What is read waits in the data folder: a pull that ends early continues where it was, a preview is not read twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from ingest.connectors.deals import START, Connector, CrmField, Gone, Mark, Page, before, moment, stamp
from ingest.connectors.errors import CrmAwayError, CrmLaterError
from ingest.connectors.leaving import DELETED, Leaving, Left
from ingest.connectors.mapped import columns_of, narrowed, table_of
from ingest.connectors.state import State, Taken
from ingest.importers.columns import Columns
from ingest.importers.crm import CrmImport
from ingest.importers.identity import key_of
from ingest.importers.report import Report
from ingest.importers.totals import Closed, set_totals
from kb.clock import CLOCK, Clock
from kb.errors import KBError
from kb.playbook import Playbook
from kb.wording import to_json

SWEEP = timedelta(hours=6)  # how often the server asks what is gone, which takes many requests
FAULTS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)  # of who reads an answer of another shape


@dataclass(frozen=True, slots=True)
class Pulled:
    """The result of a pull or its preview."""

    name: str
    place: str
    mapping: str  # file that says what fields hold; empty: the profile
    read: int  # deals the CRM sent now
    report: Report | None  # of those that are new or changed; None: there are none
    left: Sequence[Left] = ()  # deals that are gone
    is_held: bool = False  # too many are gone to believe it
    is_complete: bool = True  # False: the program is about to end
    foreign: int = 0  # deals left out since another CRM has deals with their numbers


@dataclass(slots=True)
class Puller:
    """Pulls from one CRM into an entries folder."""

    connector: Connector
    state: State
    entries: Path
    playbook: Playbook
    lock: Path | None = None  # held while an existing entry is changed
    clock: Clock = CLOCK
    is_stopping: Callable[[], bool] = lambda: False
    believes_all: bool = False  # also that most deals are gone
    elsewhere: frozenset[str] = frozenset()  # numbers of deals that come from another CRM
    _fields: list[CrmField] = field(default_factory=list)
    _mapping: str = ""
    _back: set[str] = field(default_factory=set)  # deals that were gone and are there again
    _top: Mark = START  # how far the last pull came

    def run(self, *, write: bool, sweep: bool = True) -> Pulled:
        """Read what changed, and write it or show what would be written. Raises KBError; state says why."""
        with self.state.held(self.connector.name):
            try:
                pulled = self._run(write=write, sweep=sweep)
            except KBError as error:
                if isinstance(error, CrmLaterError):
                    later = self.clock.now() + timedelta(seconds=error.seconds)
                    self.state.progress.not_before = stamp(later)
                self._note_failure(error.sentence)
                raise
            except FAULTS as error:
                away = CrmAwayError(self.connector.place, type(error).__name__)
                self._note_failure(away.sentence)
                raise away from error
            finally:
                self.connector.close()
            progress = self.state.progress
            progress.failed_at = progress.why = progress.not_before = ""
            self.state.save()
            return pulled

    def _run(self, *, write: bool, sweep: bool) -> Pulled:
        self._keep_away()
        columns = self._begin()
        read, deals = 0, self.state.deals()
        for page in self._pages():
            read += len(page.deals)
            self._take(page, columns.headers)
            if self.is_stopping():
                return self._pulled(read, None, is_complete=False)
        self.state.progress.read_at = stamp(self.clock.now())
        self._sweep(deals, is_wanted=sweep)
        self.state.save()
        return self._imported(read, columns, deals, write=write)

    def _begin(self) -> Columns:
        """Choose the fields to read; with others, or with another meaning, everything is read again."""
        known = self.connector.fields()
        columns, self._mapping = columns_of(self.connector, known, self.entries)
        columns, self._fields = narrowed(columns, known)
        profile = columns.profile
        meant = (sorted(profile.outcomes.items()), profile.currency, profile.dates)
        text = repr([*self._fields, sorted(columns.places.items()), meant])
        chosen = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
        progress = self.state.progress
        if (progress.place, progress.fields) != (self.connector.place, chosen):
            self.state.start_over(self.connector.place, chosen)
        return columns

    def _pages(self) -> Iterator[Page]:
        progress = self.state.progress
        self._top = progress.mark
        after = progress.mark if progress.is_midway else before(progress.mark)
        while True:
            page = self.connector.page(after, self._fields)
            yield page
            if page.is_last or (page.mark == after and after != START):
                return
            after = page.mark

    def _take(self, page: Page, headers: Sequence[str]) -> None:
        """Keep a page, and then note that it was read."""
        progress = self.state.progress
        self.state.add(page.deals, headers)
        for deal in page.deals:
            progress.gone.pop(deal.id, None)
        progress.gone |= {one.id: one.into for one in page.gone}
        progress.mark = max(self._top, page.mark) if page.is_last else page.mark
        progress.is_midway = not page.is_last
        self.state.save()

    def _sweep(self, deals: dict[str, Taken], *, is_wanted: bool) -> None:
        """Ask which of the known deals are gone."""
        progress, now = self.state.progress, self.clock.now()
        if not is_wanted and progress.swept_at and now - moment(progress.swept_at) < SWEEP:
            return
        merged = {name: into for name, into in progress.gone.items() if into}
        known = {name for name, one in deals.items() if not one.gone} | set(self.state.waiting())
        present = set(self.connector.ids())
        progress.gone = dict.fromkeys(known - present, "") | merged
        self._back = {name for name, one in deals.items() if one.gone == DELETED and name in present}
        progress.swept_at = stamp(now)

    def _imported(self, read: int, columns: Columns, deals: dict[str, Taken], *, write: bool) -> Pulled:
        """Import what waits and is not as it was imported; a deal that is gone is not imported."""
        gone = self.state.progress.gone
        waiting = self.state.waiting()
        present = {name: one for name, one in waiting.items() if name not in gone}
        fresh = {n: one for n, one in present.items() if n not in deals or deals[n].cells != one[1] or deals[n].gone}
        foreign = self._foreign(columns, fresh)
        fresh = {name: one for name, one in fresh.items() if name not in foreign}
        report, task = None, self._task(columns, [at for at, _ in fresh.values()], deals)
        if fresh:
            report = task.run(write=write)
        if write and report:
            self._note(task, columns, deals, fresh)
        leaving = Leaving(self.entries, self.lock, deals, believes_all=self.believes_all)
        left = leaving.run([Gone(name, into) for name, into in gone.items()], write=write)
        if write:
            leaving.bring_back({name for name in fresh if name in deals and deals[name].gone} | self._back)
            self._finish(report, left, deals, waiting, is_held=leaving.is_held)
        return replace(self._pulled(read, report, left, is_held=leaving.is_held), foreign=len(foreign))

    def _foreign(self, columns: Columns, fresh: dict[str, tuple[int, str]]) -> set[str]:
        """Return the deals whose numbers mean deals of another CRM: they would overwrite those."""
        if not self.elsewhere:
            return set()
        rows = self.state.cells([at for at, _ in fresh.values()])
        place = columns.places["crm_id"]
        return {name for name, row in zip(fresh, rows, strict=True) if key_of(row[place]) in self.elsewhere}

    def _task(self, columns: Columns, places: Sequence[int], deals: dict[str, Taken]) -> CrmImport:
        table = table_of(columns.headers, _Rows(self.state, places))
        task = CrmImport(self.entries, table, columns, self.playbook, lock=self.lock, clock=self.clock, is_part=True)
        task.own = frozenset(filter(None, (one.path for one in deals.values())))
        return task

    def _note(
        self, task: CrmImport, columns: Columns, deals: dict[str, Taken], fresh: dict[str, tuple[int, str]]
    ) -> None:
        """Note what was imported; what was not comes again with the next pull."""
        places = [at for at, _ in fresh.values()]
        for (name, (_, cells)), row in zip(fresh.items(), self.state.cells(places), strict=True):
            key = key_of(row[columns.places["crm_id"]])
            if not (settled := task.settled.get(key)):
                continue
            known = deals.get(name)
            file = settled.wrote.content_hash if settled.wrote else known.file if known else ""
            outcome, day = settled.closed or ("", "")
            path = settled.wrote.path if settled.wrote else known.path if known else ""
            deals[name] = Taken(cells, key, outcome, day, file, known.gone if known else "", path)

    def _finish(
        self,
        report: Report | None,
        left: Sequence[Left],
        deals: dict[str, Taken],
        waiting: dict[str, tuple[int, str]],
        *,
        is_held: bool,
    ) -> None:
        """Write the state; what could not be imported, or not be believed, waits on."""
        progress = self.state.progress
        self.state.write_deals(deals)
        closed: list[Closed] = [(one.outcome, one.closed_on) for one in deals.values() if one.outcome and not one.gone]
        set_totals(self.entries, closed, self.lock, write=True)
        if report and not report.is_complete:
            self.state.save()
            return
        if report or left or not progress.written_at:
            progress.written_at = stamp(self.clock.now())
            counts = {name: getattr(report, name) for name in ("new", "changed", "left_out")} if report else {}
            progress.counts = {**counts, "gone": sum(one.is_archived for one in left)}
        gone = progress.gone
        progress.gone = gone if is_held else {}
        self.state.keep(
            [
                at
                for name, (at, cells) in waiting.items()
                if (is_held if name in gone else name not in deals or deals[name].cells != cells)
            ]
        )

    def _pulled(
        self,
        read: int,
        report: Report | None,
        left: Sequence[Left] = (),
        *,
        is_held: bool = False,
        is_complete: bool = True,
    ) -> Pulled:
        if report and not report.is_complete:
            is_complete = False
        name, place = self.connector.name, self.connector.place
        return Pulled(name, place, self._mapping, read, report, left, is_held, is_complete)

    def _note_failure(self, sentence: str) -> None:
        progress = self.state.progress
        progress.failed_at, progress.why = stamp(self.clock.now()), to_json(sentence)
        self.state.save()

    def _keep_away(self) -> None:
        """Send nothing as long as the CRM wants no requests. Raises CrmLaterError."""
        until = self.state.progress.not_before
        if until and (seconds := (moment(until) - self.clock.now()).total_seconds()) > 0:
            raise CrmLaterError(self.connector.place, seconds)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The cells of deals that wait, read from the disk each time."""

    state: State
    places: Sequence[int]

    def __iter__(self) -> Iterator[list[str]]:
        return self.state.cells(self.places)
