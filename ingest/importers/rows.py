"""Decide about each row of a table: a record, a further line of one, or none."""

from __future__ import annotations

from ingest.fields import FieldError
from ingest.importers.identity import key_of
from ingest.importers.leftovers import label_of
from ingest.importers.record import RowReader
from ingest.importers.report import Findings, Report
from ingest.importers.scan import Lines, Scan
from ingest.importers.table import Row
from kb.wording import say


def record_row(place: int, row: Row, scan: Scan, report: Report, findings: Findings) -> RowReader | None:
    """Return the cells of a row that starts a record; others are counted where they belong."""
    reason = scan.leftovers.reason(place, row)
    if reason:
        if reason != "blank" or scan.leftovers.is_inside(place):
            findings.leave(reason, label_of(row) if reason in ("total", "remark") else "")
        return None
    try:
        crm_id = scan.id_of(row)
    except FieldError as error:
        findings.wrong(row.number, error.sentence, row.sheet)
        report.left_out += 1
        return None
    lines = scan.lines.get(key_of(crm_id))
    if scan.is_inner(row) or (lines and place in lines.joined):
        report.joined += 1
        return None
    if lines is None or lines.place != place:
        findings.wrong(row.number, _unusable(crm_id, lines), row.sheet)
        report.left_out += 1
        return None
    return _cells(row, crm_id, lines, scan)


def _cells(row: Row, crm_id: str, lines: Lines, scan: Scan) -> RowReader:
    """Return the cells with what all lines of the record say."""
    known = {"crm_id": crm_id}
    if lines.joined and len(lines.products) > 1:
        known["product"] = "\n".join(lines.products)
    cells = RowReader(scan.columns, row, known)
    if len(lines.amounts) > 1:
        cells.problems.append(
            say(
                "{column} differs between the lines of one deal ({values}); the first was used. If they are amounts of"
                " the lines, import a column with the amount of the deal.",
                column=scan.columns.used["amount"],
                values=", ".join(lines.amounts[:10]),
            )
        )
    if scan.columns.places.get("amount", -1) in row.filled and scan.columns.places.get("crm_id", -1) not in row.filled:
        known["amount"] = ""
        cells.failed.add("amount")
        cells.problems.append(
            say(
                "{column}: The cell is merged over several deals; its amount was given to the first.",
                column=scan.columns.used["amount"],
            )
        )
    return cells


def _unusable(crm_id: str, lines: Lines | None) -> str:
    if crm_id and lines:
        return say("Duplicate id '{id}', also in row {row}; the first row is used.", id=crm_id, row=lines.row)
    return say("The row has no CRM id and was skipped.")
