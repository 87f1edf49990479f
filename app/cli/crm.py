"""The command `kb import crm`: a preview, a question, and then the entries."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import typer

from app.cli.progress import progress_bar
from app.settings import Settings
from app.words.import_preview import preview
from app.words.reader import Reader
from ingest import atomic
from ingest.check import read_playbook
from ingest.importers.accounts import Accounts, read_accounts
from ingest.importers.crm import KINDS, CrmImport, columns_of
from ingest.importers.errors import ImportRefusedError
from ingest.importers.profiles import written_mapping
from ingest.importers.report import Report
from ingest.importers.table import open_table
from kb.wording import say

_SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
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
