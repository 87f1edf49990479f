"""The command `kb import crm`: a preview, a question, and then the entries."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import typer

from app.cli.progress import progress_bar
from app.settings import Settings
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

LOCK = "saving.lock"  # the one a server holds while it saves
MOST_PROBLEMS = MOST_UNKNOWN = 20
_SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
INTERRUPTED = 130


class Import:
    """One call of the command."""

    def __init__(self, settings: Settings, *, as_json: bool) -> None:
        self._settings = settings
        self._as_json = as_json

    def open(
        self, file: Path, kind: str, mapping: Path | None, accounts: Path | None, encoding: str, separator: str
    ) -> None:
        """Look at the export and find out what its columns are. Raises ImportRefusedError."""
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
            lock=self._settings.data / LOCK,
        )

    def save_mapping(self, path: Path | None) -> None:
        """Write which column is which field, where that is wanted; never over a file that is there."""
        if path is None:
            return
        columns = self._task.columns
        columns = replace(columns, profile=replace(columns.profile, name=path.stem))
        try:
            atomic.create(path, written_mapping(columns, self._run(write=False).stages))
        except FileExistsError:
            raise ImportRefusedError(say("'{path}' is there already; name another file.", path=str(path))) from None
        typer.echo(f"The mapping was written to {path}; edit it and give it with --mapping.", err=True)

    def run(self, *, yes: bool) -> int:
        """Show what would be written, ask, and write; return the exit code."""
        report = self._run(write=yes)
        self._print(report)
        if not yes and not self._as_json and report.new + report.changed:
            if not _agreed(report.new + report.changed):
                typer.echo("Nothing was written.", err=True)
                return 0
            report = self._run(write=True)
            typer.echo(_done(report), err=True)
        if report.failure:
            return 1
        return 0 if report.is_complete else INTERRUPTED

    def _run(self, *, write: bool) -> Report:
        with progress_bar(quiet=self._as_json) as show:
            return replace(self._task, progress=show).run(write=write)

    def _print(self, report: Report) -> None:
        if self._as_json:
            typer.echo(json.dumps(asdict(report), ensure_ascii=False))
            return
        for line in preview(report):
            typer.echo(line)
        if report.written or not report.is_complete:
            typer.echo(_done(report), err=True)


def preview(report: Report) -> list[str]:
    """Return a report as lines for people."""
    stored = f"{report.encoding}, separated by {_NAMES.get(report.separator, report.separator)}"
    lines = [
        f"{report.kind} in the form of {report.profile}; {stored if report.encoding else 'a workbook'}",
        f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {report.left_out} rows left out;"
        f" {report.problem_count} problems",
        "",
        "Columns",
        *(f"  {name:12} {header}" for name, header in report.columns.items()),
    ]
    if report.ignored:
        lines += [f"  not used     {', '.join(filter(None, report.ignored))}"]
    if report.outcomes:
        lines += ["", "Outcomes", *(f"  {name or 'none':12} {count:,}" for name, count in report.outcomes.items())]
        lines += [f"  {stage} → {outcome}" for stage, outcome in list(report.stages.items())[:MOST_UNKNOWN]]
    for number, sample in enumerate(report.samples, start=1):
        lines += ["", f"Sample {number}", *(f"  {name:12} {_one_line(as_written(v))}" for name, v in sample.items())]
    return [*lines, *_to_check(report)]


def _to_check(report: Report) -> list[str]:
    lines: list[str] = []
    if report.unknown:
        lines += ["", "Not in the playbook"]
        for value in report.unknown[:MOST_UNKNOWN]:
            near = f"; nearest: {value.nearest}" if value.nearest else ""
            lines.append(f"  {value.facet} '{_one_line(value.value)}' ({value.count}){near}")
        lines += _more(len(report.unknown) - MOST_UNKNOWN)
    if report.problems:
        lines += ["", "Problems"]
        for group in report.problems[:MOST_PROBLEMS]:
            rows = ", ".join(map(str, group.rows)) + (" …" if group.count > len(group.rows) else "")
            lines.append(f"  {group.count}× row {rows}: {_one_line(group.message)}")
        lines += _more(len(report.problems) - MOST_PROBLEMS)
    return [*lines, *(["", "Please check", *(f"  {note}" for note in report.notes)] if report.notes else []), ""]


def _more(count: int) -> list[str]:
    return [f"  … and {count} more"] if count > 0 else []


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200]


def _agreed(count: int) -> bool:
    try:
        return typer.confirm(f"Write {count:,} files?", err=True)
    except typer.Abort:  # nobody is there to answer
        typer.echo(err=True)
        return False


def _done(report: Report) -> str:
    if report.is_complete:
        return f"{report.written:,} files written. A running server takes them in by itself; else run 'kb sync'."
    why = f" {report.failure}" if report.failure else ""
    return f"Stopped after {report.written:,} files, each of them whole.{why} Run the same command again to go on."
