"""`kb audit`: check, list and export the log of who did what."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from app.cli.common import AsJson, fail, people_of, reader_of, settings_or_fail

if TYPE_CHECKING:
    from app.words.reader import Reader
    from kb.people.audit import Audit, Wanted
    from kb.people.chain import Head, Row

MOST_LISTED = 1_000
Event = Annotated[str, typer.Option(help="Only this event, for example exported.")]
Person = Annotated[str, typer.Option(help="Only of this person: the id, or the name at that time.")]
About = Annotated[str, typer.Option(help="Only about this entry, person or token: its id.")]
Since = Annotated[str, typer.Option(help="First day, inclusive: 2026-04-01.")]
Until = Annotated[str, typer.Option(help="Last day, inclusive.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write; by default the standard output.")]

audit = typer.Typer(help="Check, list and export the log of who did what.", no_args_is_help=True)


@audit.command()
def verify(
    ctx: typer.Context,
    kept: Annotated[
        list[str] | None, typer.Option(help="What `kb audit head` printed earlier, kept elsewhere; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that no row was changed, removed, inserted or moved. Exit code 1 if one was."""
    reader = reader_of(ctx)
    heads = [_head(text, reader) for text in kept or ()]
    with _audit(reader) as opened:
        faults, head = opened.verify(heads), opened.head()
    if as_json:
        found = [{"number": fault.number, "message": fault.sentence} for fault in faults]
        typer.echo(json.dumps({"head": str(head or ""), "faults": found}, ensure_ascii=False))
    else:
        for fault in faults:
            typer.echo(reader.say(fault.sentence))
        if not faults:
            typer.echo(reader("cli.audit_whole", head=head or "0"))
    raise typer.Exit(1 if faults else 0)


@audit.command()
def head(ctx: typer.Context) -> None:
    """Print number and hash of the newest row; kept elsewhere, they show later that nothing before was changed."""
    with _audit(reader_of(ctx)) as opened:
        newest = opened.head()
    if newest:
        typer.echo(str(newest))


@audit.command("list")
def list_(
    ctx: typer.Context,
    event: Event = "",
    person: Person = "",
    about: About = "",
    since: Since = "",
    until: Until = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST_LISTED, help="How many rows.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest events."""
    from app.words.audit_view import in_line

    reader = reader_of(ctx)
    wanted = _wanted(event, person, about, since, until, reader)
    with _audit(reader) as opened:
        rows = opened.rows(wanted, limit=limit)
    for row in rows:
        typer.echo(_line_of(row) if as_json else in_line(row, reader))


@audit.command()
def export(
    ctx: typer.Context,
    output: Output = None,
    event: Event = "",
    person: Person = "",
    about: About = "",
    since: Since = "",
    until: Until = "",
) -> None:
    """Export events as JSON lines, oldest first; the export is logged as well."""
    from ingest.atomic import put
    from kb.viewer import OPERATOR

    reader = reader_of(ctx)
    wanted = _wanted(event, person, about, since, until, reader)
    with _audit(reader) as opened:
        count = opened.count(wanted)
        opened.note("exported", OPERATOR, "audit", form="jsonl", count=count)

        def fill(file: BinaryIO) -> None:
            file.writelines(_lines(opened.all_rows(wanted)))

        if output is None:
            fill(sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            put(output.resolve(), fill)
    typer.echo(reader("cli.audit_exported", count=reader.number(count)), err=True)


@contextmanager
def _audit(reader: Reader) -> Iterator[Audit]:
    """Open the log; exit with a message where there is none."""
    settings = settings_or_fail(reader)
    with people_of(settings) as opened:
        if not opened.file.exists:
            fail(reader("cli.no_audit", file=settings.people_file))
        yield opened.audit


def _lines(rows: Iterator[Row]) -> Iterator[bytes]:
    for row in rows:
        yield (_line_of(row) + "\n").encode("utf-8", "replace")


def _line_of(row: Row) -> str:
    from app.words.audit_view import as_json

    return json.dumps(as_json(row), ensure_ascii=False)


def _wanted(event: str, person: str, about: str, since: str, until: str, reader: Reader) -> Wanted:
    from app.words.audit_view import wanted_days
    from kb.people.audit import Wanted
    from kb.people.events import EVENTS

    if event and event not in EVENTS:
        fail(reader("cli.audit_event", event=event, events=", ".join(EVENTS)))
    try:
        first, after = wanted_days(since, until)
    except ValueError as error:
        fail(reader("cli.audit_day", day=str(error)))
    return Wanted(event, person, about, first, after)


def _head(text: str, reader: Reader) -> Head:
    from kb.people.chain import Head

    number, _, digest = text.strip().partition(":")
    if not number.isdecimal() or len(digest) != 64:
        fail(reader("cli.audit_head", text=text[:100]))
    return Head(int(number), digest.lower())
