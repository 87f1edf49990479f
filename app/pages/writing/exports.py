"""Exports of a CRM on the upload page: their preview, the columns and stages to correct there, and their import."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from starlette.datastructures import FormData

from app.pages.writing.partly import need_everything
from app.services import Services
from app.words.import_preview import field_name, preview
from app.words.reader import Reader
from ingest.importers.answers import Answers, keep_mapping
from ingest.importers.crm import CrmImport
from ingest.importers.errors import ImportRefusedError
from ingest.importers.profiles import FIELDS
from ingest.importers.report import EXAMPLES, ColumnReading, Report
from ingest.importers.table import Row
from ingest.importers.uploads import crm_import, has_problems
from ingest.undo import Wrote
from kb.choices import CHOICES
from kb.entry import Outcome
from kb.errors import KBError
from kb.library import Library

SYNCED_AT_ONCE = 200  # imported records that are searchable when the page returns
MOST_COLUMNS = 200  # that can be corrected on the page
MOST_DIGITS = 6  # of the place of a column


@dataclass(frozen=True, slots=True)
class Export:
    """One export and what was answered in its preview."""

    name: str
    raw: bytes
    answers: Answers = field(default_factory=Answers)


def exports_in(form: FormData) -> list[Export]:
    """Return the exports of a preview; a select says "number of the export : column : field"."""
    tables = zip(form.getlist("export"), form.getlist("table"), strict=False)
    columns: dict[str, dict[int, str]] = {}
    for text in map(str, form.getlist("column")):
        number, place, name = (*text.split(":", 2), "", "")[:3]
        if place.isdecimal() and len(place) <= MOST_DIGITS:
            columns.setdefault(number, {})[int(place)] = name
    stages: dict[str, dict[str, Outcome]] = {}
    for text in map(str, form.getlist("stage")):
        number, outcome, stage = (*text.split(":", 2), "", "")[:3]
        if outcome in CHOICES["outcome"].keys and stage:
            stages.setdefault(number, {})[stage] = outcome  # type: ignore[assignment]  # one of the outcomes
    return [
        Export(str(name), _decoded(str(table)), Answers(columns.get(str(at), {}), stages.get(str(at), {})))
        for at, (name, table) in enumerate(tables)
    ]


def previewed(export: Export, services: Services, library: Library, reader: Reader) -> dict[str, Any]:
    """Return what an import of an export would do, as the terminal says it, and what can be corrected."""
    try:
        with _import(export, services, library, reader) as task:
            try:
                report = task.run()
            except ImportRefusedError as error:
                return {"why": reader.say(error.sentence), **_correctable(export, task, _unread(task), {}, reader)}
            rest = _correctable(export, task, report.readings, report.unknown_stages, reader)
            # Who corrected an export has looked at it; only a stage without an answer still needs a decision.
            is_doubtful = bool(report.unknown_stages) if task.is_corrected else has_problems(report)
    except KBError as error:
        return {"name": export.name, "why": reader.say(error.sentence)}
    first, counts, *lines = preview(report, reader, on_page=True)
    is_taken = bool(report.new + report.changed)
    return {
        **rest,
        "summary": f"{first} {counts}",
        "notes": [reader.say(note) for note in report.notes],
        "lines": "\n".join(lines).strip("\n"),
        "taken": is_taken,
        "checked": is_taken and not is_doubtful,
    }


def imported(
    export: Export, services: Services, library: Library, reader: Reader, wrote: list[Wrote]
) -> dict[str, str]:
    """Import an export and add what it wrote; what was corrected is kept as a mapping for the next one."""
    settings = services.settings
    try:
        with _import(export, services, library, reader) as task:
            report = task.run(write=True)
            wrote += task.wrote
            kept = _kept(task, report, services, reader)
    except KBError as error:
        return {"name": export.name, "why": reader.say(error.sentence), "address": ""}
    if report.written <= SYNCED_AT_ONCE or not settings.watch:
        services.intake.index_files(None)
    done = [reader.counted("files.done_import", report.written), reader.say(report.failure)]
    return {"name": export.name, "why": reader.sentences(filter(None, [*done, kept])), "address": ""}


def _kept(task: CrmImport, report: Report, services: Services, reader: Reader) -> str:
    """Keep what was corrected; return where, or why this failed: the entries are written all the same."""
    if not task.is_corrected:
        return ""
    try:
        path = keep_mapping(services.settings.entries, task.columns, report.stages)
    except KBError as error:
        return reader.say(error.sentence)
    services.people.audit.noted("mapping-saved", path)
    return reader("files.kept_mapping", path=path)


@contextmanager
def _import(export: Export, services: Services, library: Library, reader: Reader) -> Iterator[CrmImport]:
    """Open an export for an import, which compares it with all files. Raises PartlyShownError and as `crm_import`."""
    if not library.shows_everything:
        raise need_everything(services, "kb import crm")
    settings = services.settings
    lock = settings.saving_lock
    with crm_import(export.name, export.raw, settings.entries, reader.playbook, lock, export.answers) as task:
        yield task


def _correctable(
    export: Export, task: CrmImport, columns: list[ColumnReading], unknown: Mapping[str, int], reader: Reader
) -> dict[str, Any]:
    """Return the columns with the fields they can be taken for, and the stages that need an answer."""
    names = FIELDS[task.columns.profile.kind]
    order = {name: at for at, name in enumerate(names)}
    readings = sorted(columns, key=lambda reading: order.get(reading.name, len(order)))
    answers = export.answers.stages
    asked = {**dict.fromkeys(answers, 0), **unknown}
    return {
        "name": export.name,
        "table": base64.b64encode(export.raw).decode("ascii"),
        "columns": readings[:MOST_COLUMNS],
        "more_columns": max(0, len(readings) - MOST_COLUMNS),
        "fields": [(name, field_name(name, reader)) for name in names],
        "stages": [(stage, reader.number(n) if n else "", answers.get(stage, "")) for stage, n in asked.items()],
        "outcomes": [(key, reader.label("outcome", key)) for key in CHOICES["outcome"].keys],
    }


def _unread(task: CrmImport) -> list[ColumnReading]:
    """Return the columns of an export that cannot be imported as it is, each with its first values."""
    fields = {place: name for name, place in task.columns.places.items()}
    rows = [row.cells for row in islice(task.table.rows(), EXAMPLES) if isinstance(row, Row)]
    return [
        ColumnReading(header, fields.get(at, ""), examples=[row[at] for row in rows if row[at]], place=at)
        for at, header in enumerate(task.columns.headers)
        if header
    ]


def _decoded(table: str) -> bytes:
    try:
        return base64.b64decode(table)
    except (binascii.Error, ValueError):
        return b""
