"""Import deals or campaigns from a CRM export: new entries are created, known ones updated.

The preview is the same run without writing. Records are matched by CRM id, so an import can be repeated or interrupted
at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest import atomic
from ingest.fields import FieldError, to_visibility
from ingest.importers.accounts import Accounts
from ingest.importers.campaigns import CampaignReader
from ingest.importers.changes import changes
from ingest.importers.columns import MONEY, Columns, apply, choose
from ingest.importers.csv_text import encoding_name
from ingest.importers.days import order_notes
from ingest.importers.deals import DealReader
from ingest.importers.entry_files import change_file, new_file
from ingest.importers.errors import ImportRefusedError
from ingest.importers.identity import key_of
from ingest.importers.known import Known, entry_ids, known_entries
from ingest.importers.notes import notes_of
from ingest.importers.profiles import read_profile
from ingest.importers.record import Record, headers_language
from ingest.importers.report import Findings, Report
from ingest.importers.rows import record_row
from ingest.importers.scan import Scan
from ingest.importers.table import RowProblem, Table
from ingest.importers.totals import Closed, closed_of, set_totals
from ingest.importers.units import unit_in_title
from ingest.undo import Wrote
from kb.clock import CLOCK, Clock
from kb.errors import NotSavedError
from kb.playbook import Playbook
from kb.wording import say

Progress = Callable[[str, int, int], None]  # step, rows done, rows in total
KINDS = ("deals", "campaigns")


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a record."""

    closed: Closed | None  # how and when the deal was closed
    wrote: Wrote | None = None  # its file, if it had to be written


def _silent(_what: str, _done: int, _total: int) -> None:
    return


def columns_of(table: Table, kind: str = "", mapping: Path | None = None) -> Columns:
    """Return which column holds which field. Raises ImportRefusedError if nothing identifies a record."""
    columns = detected_columns(table, kind, mapping)
    need_ids(columns)
    return columns


def detected_columns(table: Table, kind: str = "", mapping: Path | None = None, id_from: Sequence[str] = ()) -> Columns:
    """Return which column holds which field, for a person to correct. Raises ImportRefusedError."""
    columns = (
        apply(read_profile(mapping), table.headers) if mapping else choose(table.headers, [kind] if kind else KINDS)
    )
    if columns.profile.kind not in KINDS or (kind and columns.profile.kind != kind):
        raise ImportRefusedError(say("The mapping is for {kind}.", kind=columns.profile.kind))
    stated = unit_in_title(table.above)
    units = {name: stated for name in MONEY if name in columns.places and stated} | dict(columns.units)
    columns = replace(columns, units=units)
    return replace(columns, profile=replace(columns.profile, id_from=tuple(id_from))) if id_from else columns


def need_ids(columns: Columns) -> None:
    """Refuse an export whose records cannot be recognised again. Raises ImportRefusedError."""
    headers = ", ".join(filter(None, columns.headers))[:500]
    for name in columns.profile.id_from:
        if name not in columns.places:
            raise ImportRefusedError(say("No column holds '{name}'. Columns: {headers}.", name=name, headers=headers))
    if "crm_id" not in columns.places and not columns.profile.id_from:
        raise ImportRefusedError(
            say(
                "No CRM id column found; without it, the next import cannot recognise these records."
                " Export that column too, or name it with --column crm_id=HEADER. If there is none, have ids made:"
                " --id-from title,customer,started_on. Columns: {headers}.",
                headers=headers,
            )
        )


@dataclass(slots=True)
class CrmImport:
    """The import of one export into an entries folder."""

    folder: Path
    table: Table
    columns: Columns
    playbook: Playbook
    accounts: Accounts = field(default_factory=Accounts)
    progress: Progress = _silent
    lock: Path | None = None  # held while an existing file is changed
    wrote: list[Wrote] = field(default_factory=list)  # by `run`, so that it can be undone
    is_corrected: bool = False  # a person chose other columns, or what stages mean
    clock: Clock = CLOCK
    is_part: bool = False  # of what the CRM has, so it says nothing about totals
    own: frozenset[str] | None = None  # paths of what earlier runs wrote; None: a person looks at what is filled
    settled: dict[str, Settled] = field(default_factory=dict)  # by `run`: records whose entry is as the CRM has it

    def run(self, *, write: bool = False) -> Report:
        """Import, or only preview unless `write`. Ctrl+C stops after the current file."""
        need_ids(self.columns)
        report = self._report()
        findings = Findings(report, self.columns)
        scan = Scan(self.table, self.columns)
        scan.run()
        known, duplicates = known_entries(
            self.folder, lambda done, total: self.progress("Reading entries", done, total)
        )
        reader, closed, totals = self._reader(known, scan), list[Closed](), ""
        try:
            for record in self._records(reader, scan, report, findings):
                key = (record.kind, key_of(record.crm_id))
                before, end = len(self.wrote), closed_of(record, self.clock.today())
                if self._import(record, known.get(key), report, findings, write=write):
                    self.settled[key[1]] = Settled(end, next(iter(self.wrote[before:]), None))
                closed += filter(None, [end])
            if not self.is_part:
                totals = set_totals(self.folder, closed, self.lock, write=write, wrote=self.wrote)
        except KeyboardInterrupt:
            report.is_complete = False
        except NotSavedError as error:
            report.is_complete = False
            report.failure = error.sentence
        finally:
            if report.written:
                atomic.settle()
        notes = [*order_notes(scan.readings), *_duplicates(duplicates), *notes_of(self.table, self.columns, reader)]
        notes += filter(None, [totals])
        findings.close(self.playbook, notes)
        if isinstance(reader, DealReader):
            report.stages, report.unknown_stages = dict(reader.stages), dict(reader.guessed.most_common())
        return report

    def _report(self) -> Report:
        profile, table = self.columns.profile, self.table
        return Report(
            profile.kind,
            profile.name,
            encoding_name(table.encoding),
            table.separator,
            self.columns.used,
            self.columns.ignored,
            form=table.form,
            sheets=[part.name for part in table.parts if part.name],
            other_sheets=list(table.other_sheets),
        )

    def _reader(self, known: dict[tuple[str, str], Known], scan: Scan) -> DealReader | CampaignReader:
        language, profile = headers_language(self.table.headers), self.columns.profile
        if profile.kind == "campaigns":
            return CampaignReader(language, scan.readings)
        campaigns = entry_ids(known, "campaign")
        return DealReader(language, profile.outcomes, profile.currency, scan.readings, self.accounts, campaigns)

    def _records(
        self, reader: DealReader | CampaignReader, scan: Scan, report: Report, findings: Findings
    ) -> Iterator[Record]:
        for place, row in scan.numbered():
            self.progress("Importing", place + 1, scan.rows)
            if isinstance(row, RowProblem):
                findings.wrong(row.row, row.message, row.sheet)
                report.left_out += 1
                continue
            cells = record_row(place, row, scan, report, findings)
            if cells is None:
                continue
            record = reader.record(cells)
            for problem in cells.problems:
                findings.wrong(row.number, problem, row.sheet)
            findings.see(record)
            findings.read(cells)
            yield record

    def _import(self, record: Record, known: Known | None, report: Report, findings: Findings, *, write: bool) -> bool:
        """Import a record; return whether its entry is now as the CRM has it."""
        if known is None:
            report.new += 1
            if write:
                self._count(new_file(self.folder, self._for_its_readers(record)), report)
            return True
        if not self._may_fill(record, known):
            report.left_out += 1
            findings.wrong(record.row, (_masked if self.playbook.masking else _for_others)(known.path))
            return False
        fields = changes(record, known.fields) if known.is_sound else {}
        if not known.is_sound:
            report.left_out += 1
            findings.wrong(record.row, _unsound(known.path))
        elif not fields:
            report.unchanged += 1
        else:
            report.changed += 1
            if write:
                try:
                    self._count(change_file(self.folder, known.path, record, self.lock), report)
                except NotSavedError as error:
                    findings.wrong(record.row, error.sentence)
                    return False
        return known.is_sound

    def _may_fill(self, record: Record, known: Known) -> bool:
        """Whether nobody reads by an entry they wrote themselves what the playbook keeps for others, or masks."""
        readers = self.playbook.visibility.get(record.kind, "all")
        if self.own is None or known.path in self.own:
            return True
        if self.playbook.masking or readers == "all":  # owners read what is masked for others
            return not self.playbook.masking
        try:
            return to_visibility(known.fields.get("visibility", "")) == readers
        except FieldError:
            return False

    def _for_its_readers(self, record: Record) -> Record:
        """Return a new record with the visibility that the playbook gives to entries of its kind."""
        visibility = self.playbook.visibility.get(record.kind, "")
        return replace(record, fields={**record.fields, "visibility": visibility}) if visibility else record

    def _count(self, wrote: Wrote | None, report: Report) -> None:
        if wrote:
            report.written += 1
            self.wrote.append(wrote)


def _for_others(path: str) -> str:
    return say("{path} has this CRM id, but is not for those who may read such entries; it was not changed.", path=path)


def _masked(path: str) -> str:
    return say(
        "{path} has this CRM id, but no pull wrote it, and the playbook masks deals; it was not changed.", path=path
    )


def _unsound(path: str) -> str:
    return say("{path} has errors and was not changed; fix it first ('kb check' lists them).", path=path)


def _duplicates(paths: list[tuple[str, str]]) -> Iterator[str]:
    for path, first in paths:
        yield say("{path} has the same CRM id as {first}; only {first} is updated.", path=path, first=first)
