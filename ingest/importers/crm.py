"""Import deals or campaigns from a CRM export: new entries are created, known ones updated.

The preview is the same run without writing. Records are matched by CRM id, so an import can be repeated or interrupted
at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingest import atomic
from ingest.importers.accounts import Accounts
from ingest.importers.campaigns import CampaignReader
from ingest.importers.changes import changes
from ingest.importers.csv_text import encoding_name
from ingest.importers.days import DayOrders, Reading, order_notes
from ingest.importers.deals import DealReader
from ingest.importers.entry_files import change_file, new_file
from ingest.importers.errors import ImportRefusedError
from ingest.importers.known import Known, entry_ids, known_entries
from ingest.importers.profiles import Columns, apply, choose, read_profile
from ingest.importers.record import Record, RowReader, headers_language
from ingest.importers.report import Findings, Report
from ingest.importers.table import Row, RowProblem, Table
from kb.errors import NotSavedError
from kb.playbook import Playbook
from kb.wording import say

Progress = Callable[[str, int, int], None]  # step, rows done, rows in total
KINDS = ("deals", "campaigns")
MOST_STAGES = 20  # unknown ones listed; more come from a wrong column
_DAYS = ("closed_on", "started_on", "starts_on", "ends_on")


def _silent(_what: str, _done: int, _total: int) -> None:
    return


def columns_of(table: Table, kind: str = "", mapping: Path | None = None) -> Columns:
    """Return which column holds which field. Raises ImportRefusedError if there is no CRM id column."""
    columns = (
        apply(read_profile(mapping), table.headers) if mapping else choose(table.headers, [kind] if kind else KINDS)
    )
    if columns.profile.kind not in KINDS or (kind and columns.profile.kind != kind):
        raise ImportRefusedError(say("The mapping is for {kind}.", kind=columns.profile.kind))
    if "crm_id" not in columns.places:
        headers = ", ".join(filter(None, table.headers))[:500]
        raise ImportRefusedError(
            say(
                "No CRM id column found; without it, the next import cannot recognise these records."
                " Export that column too, or name it in a mapping as crm_id. Columns: {headers}.",
                headers=headers,
            )
        )
    return columns


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
    _readings: dict[str, Reading] = field(default_factory=dict)
    _rows: int = 0

    def run(self, *, write: bool = False) -> Report:
        """Import, or only preview unless `write`. Ctrl+C stops after the current file."""
        profile = self.columns.profile
        encoding, separator = encoding_name(self.table.encoding), self.table.separator
        report = Report(profile.kind, profile.name, encoding, separator, self.columns.used, self.columns.ignored)
        findings = Findings(report)
        self._scan()
        known, duplicates = known_entries(
            self.folder, lambda done, total: self.progress("Reading entries", done, total)
        )
        reader = self._reader(known)
        try:
            for record in self._records(reader, report, findings):
                self._import(record, known.get((record.kind, record.crm_id)), report, findings, write=write)
        except KeyboardInterrupt:
            report.is_complete = False
        except NotSavedError as error:
            report.is_complete = False
            report.failure = error.sentence
        finally:
            if report.written:
                atomic.settle()
        notes = [*order_notes(self._readings), *_duplicates(duplicates), *_notes(reader)]
        findings.close(self.playbook, notes)
        report.stages = dict(reader.stages) if isinstance(reader, DealReader) else {}
        return report

    def _scan(self) -> None:
        """Count the rows and detect the date order of each column."""
        orders, self._rows = DayOrders(), 0
        places = {self.columns.used[name]: self.columns.places[name] for name in _DAYS if name in self.columns.places}
        for row in self.table.rows():
            self._rows += 1
            if isinstance(row, Row):
                for header, place in places.items():
                    orders.see(header, row.cells[place])
        self._readings = dict(orders.readings(self.columns.profile.dates))

    def _reader(self, known: dict[tuple[str, str], Known]) -> DealReader | CampaignReader:
        language, profile = headers_language(self.table.headers), self.columns.profile
        if profile.kind == "campaigns":
            return CampaignReader(language, self._readings)
        campaigns = entry_ids(known, "campaign")
        return DealReader(language, profile.outcomes, profile.currency, self._readings, self.accounts, campaigns)

    def _records(self, reader: DealReader | CampaignReader, report: Report, findings: Findings) -> Iterator[Record]:
        rows: dict[str, int] = {}
        for place, row in enumerate(self.table.rows(), start=1):
            self.progress("Importing", place, self._rows)
            if isinstance(row, RowProblem):
                findings.wrong(row.row, row.message)
                report.left_out += 1
                continue
            cells = RowReader(self.columns, row)
            if cells.has("row_start") and not cells.text("row_start"):
                continue  # another line of a table inside the record above
            crm_id = cells.text("crm_id")
            if not crm_id or crm_id in rows:
                findings.wrong(row.number, _unusable(crm_id, rows.get(crm_id, 0)))
                report.left_out += 1
                continue
            rows[crm_id] = row.number
            record = reader.record(cells)
            for problem in cells.problems:
                findings.wrong(row.number, problem)
            findings.see(record)
            yield record

    def _import(self, record: Record, known: Known | None, report: Report, findings: Findings, *, write: bool) -> None:
        if known is None:
            report.new += 1
            if write:
                report.written += new_file(self.folder, record)
            return
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
                    report.written += change_file(self.folder, known.path, record, self.lock)
                except NotSavedError as error:
                    findings.wrong(record.row, error.sentence)


def _unusable(crm_id: str, row: int) -> str:
    if crm_id:
        return say("Duplicate id '{id}', also in row {row}; the first row is used.", id=crm_id, row=row)
    return say("The row has no CRM id and was skipped.")


def _unsound(path: str) -> str:
    return say("{path} has errors and was not changed; fix it first ('kb check' lists them).", path=path)


def _duplicates(paths: list[tuple[str, str]]) -> Iterator[str]:
    for path, first in paths:
        yield say("{path} has the same CRM id as {first}; only {first} is updated.", path=path, first=first)


def _notes(reader: DealReader | CampaignReader) -> Iterator[str]:
    if not isinstance(reader, DealReader):
        return
    for stage, count in reader.guessed.most_common(MOST_STAGES):
        yield say(
            "Unknown stage '{stage}' ({count} deals); it counts as open."
            " If that is wrong, add it under 'outcomes' in a mapping.",
            stage=stage,
            count=count,
        )
    if reader.unlinked:
        count, first = sum(reader.unlinked.values()), next(iter(reader.unlinked))
        yield say(
            "{count} deals belong to a campaign that has no entry, for example '{first}'. Import the campaigns first.",
            count=count,
            first=first,
        )
    if reader.amounts and not reader.currencies:
        yield say("No amount has a currency, so JPY is assumed. If that is wrong, add 'currency: USD' to a mapping.")
