"""The command `kb import crm`: a preview, a question, and then the entries."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import typer

from app.cli.progress import progress_bar
from app.settings import Settings
from app.words.reader import Reader
from ingest import atomic
from ingest.check import read_playbook
from ingest.field_reader import as_written
from ingest.importers.accounts import Accounts, read_accounts
from ingest.importers.crm import KINDS, CrmImport, columns_of
from ingest.importers.errors import ImportRefusedError
from ingest.importers.profiles import written_mapping
from ingest.importers.report import Report
from ingest.importers.table import open_table
from kb.wording import say

MOST_PROBLEMS = MOST_UNKNOWN = 20
_SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}  # as the catalogues name them
INTERRUPTED = 130


class Import:
    """One call of the command."""

    def __init__(self, settings: Settings, reader: Reader, *, as_json: bool) -> None:
        self._settings = settings
        self._reader = reader
        self._as_json = as_json

    def open(
        self, file: Path, kind: str, mapping: Path | None, accounts: Path | None, encoding: str, separator: str
    ) -> None:
        """Read the export and detect its columns. Raises ImportRefusedError."""
        if kind and kind not in KINDS:
            raise ImportRefusedError(say("'{kind}' cannot be imported; expected deals or campaigns.", kind=kind))
        separator = _SEPARATORS.get(separator.lower(), separator)
        if len(separator) > 1:
            raise ImportRefusedError(say("'{value}' is not a separator; expected one sign or tab.", value=separator))
        table = open_table(file, encoding, separator)
        self._task = CrmImport(
            self._settings.entries,
            table,
            columns_of(table, kind, mapping),
            read_playbook(self._settings.entries)[0],
            read_accounts(open_table(accounts)) if accounts else Accounts(),
            lock=self._settings.saving_lock,
        )

    def save_mapping(self, path: Path | None) -> None:
        """Write the mapping file if requested; never over an existing one."""
        if path is None:
            return
        columns = self._task.columns
        columns = replace(columns, profile=replace(columns.profile, name=path.stem))
        try:
            atomic.create(path, written_mapping(columns, self._run(write=False).stages))
        except FileExistsError:
            raise ImportRefusedError(say("'{path}' is there already; name another file.", path=str(path))) from None
        typer.echo(self._reader("cli.mapping_written", path=path), err=True)

    def run(self, *, yes: bool) -> int:
        """Show what would be written, ask, and write; return the exit code."""
        report = self._run(write=yes)
        self._print(report)
        if not yes and not self._as_json and report.new + report.changed:
            if not _agreed(report.new + report.changed, self._reader):
                typer.echo(self._reader("cli.nothing_written"), err=True)
                return 0
            report = self._run(write=True)
            typer.echo(_done(report, self._reader), err=True)
        if report.failure:
            return 1
        return 0 if report.is_complete else INTERRUPTED

    def _run(self, *, write: bool) -> Report:
        with progress_bar(self._reader, quiet=self._as_json) as show:
            return replace(self._task, progress=show).run(write=write)

    def _print(self, report: Report) -> None:
        if self._as_json:
            typer.echo(json.dumps(asdict(report), ensure_ascii=False))
            return
        for line in preview(report, self._reader):
            typer.echo(line)
        if report.written or not report.is_complete:
            typer.echo(_done(report, self._reader), err=True)


def preview(report: Report, reader: Reader) -> list[str]:
    """Return a report as lines for people."""
    numbers = {name: reader.number(getattr(report, name)) for name in ("new", "changed", "unchanged", "left_out")}
    lines = [
        _form(report, reader),
        reader("cli.crm_counts", problems=reader.number(report.problem_count), **numbers),
        "",
        reader("cli.crm_columns"),
        *(f"  {name:12} {header}" for name, header in report.columns.items()),
    ]
    if report.ignored:
        lines += [f"  {reader('cli.crm_not_used'):12} {', '.join(filter(None, report.ignored))}"]
    if report.outcomes:
        counted = ((name or reader("cli.crm_none"), count) for name, count in report.outcomes.items())
        lines += ["", reader.field("outcome"), *(f"  {name:12} {reader.number(count)}" for name, count in counted)]
        lines += [f"  {stage} → {outcome}" for stage, outcome in list(report.stages.items())[:MOST_UNKNOWN]]
    for number, sample in enumerate(report.samples, start=1):
        lines += ["", reader("cli.crm_sample", number=number)]
        lines += [f"  {name:12} {_one_line(as_written(value))}" for name, value in sample.items()]
    return [*lines, *_to_check(report, reader)]


def _form(report: Report, reader: Reader) -> str:
    """Describe the file."""
    known = {"kind": reader.label("cli.crm_kind", report.kind), "profile": report.profile}
    if not report.encoding:
        return reader("cli.crm_workbook", **known)
    separator = reader.label("separator", _NAMES.get(report.separator, report.separator))
    return reader("cli.crm_text", encoding=report.encoding, separator=separator, **known)


def _to_check(report: Report, reader: Reader) -> list[str]:
    lines: list[str] = []
    if report.unknown:
        lines += ["", reader("cli.crm_unknown")]
        for value in report.unknown[:MOST_UNKNOWN]:
            named = {"facet": reader.field(value.facet), "value": _one_line(value.value)}
            near = reader("cli.crm_nearest", nearest=value.nearest) if value.nearest else ""
            lines.append(f"  {reader('cli.crm_value', count=reader.number(value.count), **named)}{near}")
        lines += _more(len(report.unknown) - MOST_UNKNOWN, reader)
    if report.problems:
        lines += ["", reader("cli.crm_problems")]
        for group in report.problems[:MOST_PROBLEMS]:
            rows = ", ".join(map(str, group.rows)) + (" …" if group.count > len(group.rows) else "")
            what = _one_line(reader.say(group.message))
            lines.append(f"  {reader('cli.crm_problem', count=reader.number(group.count), rows=rows, what=what)}")
        lines += _more(len(report.problems) - MOST_PROBLEMS, reader)
    notes = [f"  {reader.say(note)}" for note in report.notes]
    return [*lines, *(["", reader("cli.crm_check"), *notes] if notes else []), ""]


def _more(count: int, reader: Reader) -> list[str]:
    return [f"  {reader('cli.more', count=reader.number(count))}"] if count > 0 else []


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200]


def _agreed(count: int, reader: Reader) -> bool:
    try:
        return typer.confirm(reader("cli.crm_write", count=reader.number(count)), err=True)
    except typer.Abort:  # no input to answer with
        typer.echo(err=True)
        return False


def _done(report: Report, reader: Reader) -> str:
    count = reader.number(report.written)
    if report.is_complete:
        return reader("cli.crm_written", count=count)
    return reader.sentences(
        filter(None, [reader("cli.crm_stopped", count=count), reader.say(report.failure), reader("cli.crm_go_on")])
    )
