"""The command `kb import crm`: a preview, questions, and then the entries."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import typer

from app.cli.progress import progress_bar
from app.playbook import playbook_in_force
from app.settings import Settings
from app.words.import_preview import preview
from app.words.reader import Reader
from ingest import atomic
from ingest.fields import FieldError, to_choice
from ingest.front_matter import field_of
from ingest.importers.accounts import Accounts, read_accounts
from ingest.importers.answers import keep_mapping, kept_mapping
from ingest.importers.columns import Columns
from ingest.importers.crm import KINDS, CrmImport, detected_columns
from ingest.importers.errors import ImportRefusedError
from ingest.importers.mapping import written_mapping
from ingest.importers.profiles import read_profile
from ingest.importers.report import Report
from ingest.importers.stages import folded
from ingest.importers.table import Where, open_table
from kb.choices import CHOICES
from kb.entry import Outcome
from kb.wording import say

MOST_ASKED = 30  # unknown stages; more come from a wrong column
_SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
INTERRUPTED = 130
_YES = ("y", "yes", "はい")
_NO = ("", "n", "no", "いいえ")


@dataclass(frozen=True, slots=True)
class Given:
    """The options of one call."""

    kind: str = ""
    mapping: Path | None = None
    save_mapping: Path | None = None
    accounts: Path | None = None
    encoding: str = ""
    separator: str = ""
    sheets: tuple[str, ...] = ()
    header_row: int = 0
    columns: tuple[str, ...] = ()  # amount=Total
    stages: tuple[str, ...] = ()  # Signed=won
    id_from: str = ""  # fields, separated by commas


class Import:
    """One call of the command. Raises ImportRefusedError."""

    def __init__(self, settings: Settings, reader: Reader, file: Path, given: Given, *, as_json: bool) -> None:
        self.written = 0  # entries
        self.kept_mapping = ""  # path of a mapping that later imports use
        self._reader = reader
        self._as_json = as_json
        self._given = given
        self._entries = settings.entries
        if given.kind and given.kind not in KINDS:
            raise ImportRefusedError(say("'{kind}' cannot be imported; expected deals or campaigns.", kind=given.kind))
        if given.save_mapping and given.save_mapping.exists():
            raise _is_there(given.save_mapping)
        table = open_table(file, _where(given))
        fields = [field_of(name.strip()) for name in given.id_from.split(",") if name.strip()]
        columns = detected_columns(table, given.kind, given.mapping, fields)
        if not given.mapping and (kept := kept_mapping(settings.entries, columns)):
            columns = detected_columns(table, given.kind, kept, fields)
        self._task = CrmImport(
            settings.entries,
            table,
            columns,
            playbook_in_force(settings),
            read_accounts(open_table(given.accounts)) if given.accounts else Accounts(),
            lock=settings.saving_lock,
        )
        for text in given.columns:
            self._set_column(text)
        self._set_stages(dict(stage_of(text) for text in given.stages))

    def run(self, *, yes: bool) -> int:
        """Show what would be written, ask, and write; return the exit code."""
        if not yes and not self._as_json:
            return self._asked(self._run(write=False))
        if self._given.save_mapping:
            self._save(self._given.save_mapping, self._run(write=False))
        report = self._run(write=yes)
        self._print(report)
        return _code(report)

    def _asked(self, report: Report) -> int:
        """Show a preview, let a person correct it, and write."""
        self._print(report)
        answers = self._ask_stages(report)
        if answers:
            self._set_stages(answers)
            report = self._run(write=False)
            self._print(report)
        self._save(self._given.save_mapping, report)
        while True:
            answer = self._ask_to_write(report)
            if "=" not in answer:
                break
            try:
                self._set_column(answer)
            except ImportRefusedError as error:
                typer.echo(self._reader.say(error.sentence), err=True)
                continue
            report, answers = self._run(write=False), {**answers, answer: "open"}
            self._print(report)
        if answers and not self._given.save_mapping:
            self._offer_mapping(report)
        if answer != "y":
            if report.new + report.changed:
                typer.echo(self._reader("cli.nothing_written"), err=True)
            return _code(report)
        report = self._run(write=True)
        typer.echo(_done(report, self._reader), err=True)
        return _code(report)

    def _ask_stages(self, report: Report) -> dict[str, Outcome]:
        """Ask once what each unknown stage means; no answer counts as open."""
        answers: dict[str, Outcome] = {}
        if len(report.unknown_stages) > MOST_ASKED or not report.new + report.changed:
            return answers
        for stage, count in report.unknown_stages.items():
            text = self._reader("cli.crm_ask_stage", stage=stage, count=self._reader.number(count))
            try:
                answers[stage] = typer.prompt(text, default="open", err=True, value_proc=_outcome)
            except typer.Abort:  # no input to answer with
                typer.echo(err=True)
                return {}
        return answers

    def _ask_to_write(self, report: Report) -> str:
        """Return "y", "" or a correction: amount=Total."""
        if not report.new + report.changed:
            return ""
        text = self._reader("cli.crm_write", count=self._reader.number(report.new + report.changed))
        try:
            answer = str(typer.prompt(text, default="N", show_default=False, err=True)).strip()
        except typer.Abort:
            typer.echo(err=True)
            return ""
        return answer if "=" in answer else "y" if answer.casefold() in _YES else ""

    def _offer_mapping(self, report: Report) -> None:
        try:
            name = typer.prompt(self._reader("cli.crm_keep"), default="", show_default=False, err=True).strip()
        except typer.Abort:
            typer.echo(err=True)
            return
        if name.casefold() in _NO:
            return
        try:
            if name.casefold() in _YES:
                self.kept_mapping = keep_mapping(self._entries, self._task.columns, report.stages)
                typer.echo(self._reader("files.kept_mapping", path=self.kept_mapping), err=True)
            else:
                self._save(Path(name), report)
        except ImportRefusedError as error:
            typer.echo(self._reader.say(error.sentence), err=True)

    def _save(self, path: Path | None, report: Report) -> None:
        """Write the mapping file if requested; never over an existing one."""
        if path is None:
            return
        columns = self._task.columns
        columns = replace(columns, profile=replace(columns.profile, name=path.stem))
        try:
            atomic.create(path, written_mapping(columns, report.stages))
        except FileExistsError:
            raise _is_there(path) from None
        typer.echo(self._reader("cli.mapping_written", path=path), err=True)

    def _set_column(self, text: str) -> None:
        name, _, header = text.partition("=")
        self._set(self._task.columns.with_column(field_of(name.strip()), header.strip()))

    def _set_stages(self, stages: dict[str, Outcome]) -> None:
        profile = self._task.columns.profile
        outcomes = {**profile.outcomes, **{folded(stage): outcome for stage, outcome in stages.items()}}
        self._set(replace(self._task.columns, profile=replace(profile, outcomes=outcomes)))

    def _set(self, columns: Columns) -> None:
        self._task = replace(self._task, columns=columns)

    def _run(self, *, write: bool) -> Report:
        with progress_bar(self._reader, quiet=self._as_json) as show:
            report = replace(self._task, progress=show).run(write=write)
        self.written += report.written
        return report

    def _print(self, report: Report) -> None:
        if self._as_json:
            typer.echo(json.dumps(asdict(report), ensure_ascii=False))
            return
        for line in preview(report, self._reader):
            typer.echo(line)
        if report.written or not report.is_complete:
            typer.echo(_done(report, self._reader), err=True)


def _where(given: Given) -> Where:
    separator = _SEPARATORS.get(given.separator.lower(), given.separator)
    if len(separator) > 1:
        raise ImportRefusedError(say("'{value}' is not a separator; expected one sign or tab.", value=separator))
    spellings = read_profile(given.mapping).fields.values() if given.mapping else ()
    headers = (*(text for texts in spellings for text in texts), *(text.partition("=")[2] for text in given.columns))
    return Where(given.encoding, separator, given.sheets, given.header_row, headers)


def stage_of(text: str) -> tuple[str, Outcome]:
    """Return a stage and its outcome, written as `Signed=won`. Raises ImportRefusedError."""
    stage, _, outcome = text.rpartition("=")
    try:
        return stage.strip(), _outcome(outcome)
    except typer.BadParameter as error:
        raise ImportRefusedError(error.message) from error


def _outcome(text: str) -> Outcome:
    try:
        found: Outcome = to_choice(text.strip(), CHOICES["outcome"])  # type: ignore[assignment]  # its values are outcomes
    except FieldError as error:
        raise typer.BadParameter(error.sentence) from error
    return found


def _is_there(path: Path) -> ImportRefusedError:
    return ImportRefusedError(say("'{path}' is there already; name another file.", path=str(path)))


def _code(report: Report) -> int:
    if report.failure:
        return 1
    return 0 if report.is_complete else INTERRUPTED


def _done(report: Report, reader: Reader) -> str:
    count = reader.number(report.written)
    if report.is_complete:
        return reader("cli.crm_written", count=count)
    return reader.sentences(
        filter(None, [reader("cli.crm_stopped", count=count), reader.say(report.failure), reader("cli.crm_go_on")])
    )
