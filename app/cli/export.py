"""The command `kb export`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import fail, log_event, need_entries, problem_line, reader_of, settings_or_fail, with_filters

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from app.words.reader import Reader
    from kb.search.query import Filters

Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write; by default the standard output.")]


class Format(StrEnum):
    """The formats."""

    CSV = "csv"
    JSONL = "jsonl"
    ZIP = "zip"


@with_filters
def export(
    ctx: typer.Context,
    form: Annotated[Format, typer.Option("--format", "-f", help="zip: the files; jsonl: text, fields; csv: a table.")],
    output: Output = None,
    *,
    date_from: Annotated[str, typer.Option(help="First day, inclusive: 2026-04-01.")] = "",
    date_to: Annotated[str, typer.Option(help="Last day, inclusive.")] = "",
    **chosen: list[str] | None,
) -> None:
    """Export the published entries, all or some; needs no index. Exit code 1 if a file cannot be read."""
    from app.playbook import playbook_in_force
    from ingest.export import WRITERS, read_records

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    filters = _filters(chosen, date_from, date_to, reader)
    records, problems = read_records(settings.entries, filters, settings.shown, playbook_in_force(settings))
    log_event(settings, "exported", form=form.value, count=len(records), filters=_named(filters))
    _write(output, form, reader, lambda file: WRITERS[form](records, settings.entries, file))
    for problem in problems:
        typer.echo(problem_line(problem, reader), err=True)
    what = "cli.exported_but" if problems else "cli.exported"
    typer.echo(reader(what, count=reader.number(len(records)), left=reader.number(len(problems))), err=True)
    raise typer.Exit(1 if problems else 0)


def _filters(chosen: dict[str, list[str] | None], date_from: str, date_to: str, reader: Reader) -> Filters:
    from kb.search.query import Filters

    values = tuple((name, tuple(filter(None, given))) for name, given in chosen.items() if given)
    return Filters(values, _day("--date-from", date_from, reader), _day("--date-to", date_to, reader))


def _named(filters: Filters) -> list[str]:
    """Return the filters for the audit log."""
    days = (("date_from", filters.date_from), ("date_to", filters.date_to))
    chosen = [f"{name}={value}" for name, values in filters.values for value in values]
    return chosen + [f"{name}={day}" for name, day in days if day]


def _day(option: str, text: str, reader: Reader) -> str:
    from ingest.fields import FieldError, to_date

    try:
        return to_date(text).isoformat() if text else ""
    except FieldError as error:
        fail(f"{option}: {reader.say(error.sentence)}")


def _write(output: Path | None, form: Format, reader: Reader, fill: Callable[[BinaryIO], None]) -> None:
    from ingest.atomic import put
    from kb.errors import why_refused

    if output is None and form is Format.ZIP and sys.stdout.isatty():
        fail(reader("cli.zip_on_screen"))
    if output is None:
        fill(sys.stdout.buffer)
        sys.stdout.buffer.flush()
    elif output.exists() and not output.is_file():  # a pipe or a device cannot be replaced by a file
        try:
            with output.open("wb") as file:
                fill(file)
        except OSError as error:
            fail(f"{output}: {reader.say(why_refused(error))}.")
    else:
        put(output.resolve(), fill)
