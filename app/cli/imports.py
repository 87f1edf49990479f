"""The commands below `kb import`: what a CRM exports, transcripts, documents."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import log_event, need_entries, reader_of, settings_or_fail

if TYPE_CHECKING:
    from ingest.importers.incoming import Reader as Importer

Files = Annotated[list[Path], typer.Argument(help="Files to import.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Kind(StrEnum):
    """The kinds a transcript can become."""

    NOTE = "note"
    DEAL = "deal"


def crm(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The export: CSV, Excel or HTML.")],
    kind: Annotated[str, typer.Option(help="deals or campaigns; detected by default.")] = "",
    mapping: Annotated[
        Path | None, typer.Option(help="Mapping of columns to fields, as --save-mapping writes it.")
    ] = None,
    save_mapping: Annotated[
        Path | None, typer.Option(help="Write the detected mapping to this file, to edit it.")
    ] = None,
    accounts: Annotated[
        Path | None, typer.Option(help="Export of companies: name, industry and size by id or name.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="For example cp932; detected by default.")] = "",
    separator: Annotated[str, typer.Option(help="Between columns: , ; | or tab; detected by default.")] = "",
    sheet: Annotated[list[str] | None, typer.Option(help="Sheet to read; all that look alike by default.")] = None,
    header_row: Annotated[int, typer.Option(min=0, help="Row of the header; found by default.")] = 0,
    column: Annotated[list[str] | None, typer.Option(help="Field and its column: amount=Total.")] = None,
    stage: Annotated[list[str] | None, typer.Option(help="Stage and its outcome: Signed=won.")] = None,
    id_from: Annotated[str, typer.Option(help="Make ids from these fields: title,customer,started_on.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without preview or confirmation.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create or update entries from deals or campaigns of a CRM. Shows a preview first."""
    from app.cli.crm import Given, Import

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    given = Given(
        kind, mapping, save_mapping, accounts, encoding, separator, tuple(sheet or ()), header_row,
        tuple(column or ()), tuple(stage or ()), id_from,
    )  # fmt: skip
    task = Import(settings, reader, file, given, as_json=as_json)
    code = task.run(yes=yes)
    if task.kept_mapping:
        log_event(settings, "mapping-saved", task.kept_mapping)
    if task.written:
        log_event(settings, "imported", file.name, entries=task.written, source="crm")
    raise typer.Exit(code)


def transcript(
    ctx: typer.Context,
    files: Files,
    kind: Annotated[Kind, typer.Option(help="Kind of the entries.")] = Kind.NOTE,
    speaker: Annotated[
        list[str] | None, typer.Option(help="Only these names are speakers; repeat the option. Any by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import transcripts: VTT, SRT, Whisper, chat, or text that names its speakers. Exit code 1 if one is refused."""
    from ingest.importers.apart import converter

    with converter("transcript", speakers=speaker or []) as read:
        _bring_in(ctx, files, read, kind, as_json)


def docs(
    ctx: typer.Context,
    files: Files,
    with_hidden: Annotated[
        bool, typer.Option("--with-hidden", help="Keep hidden slides, sheets, rows, columns and text too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import documents as notes: PowerPoint, Word, Excel, PDF, HTML. Exit code 1 if one is refused."""
    from ingest.importers.apart import converter

    with converter("document", with_hidden=with_hidden) as read:
        _bring_in(ctx, files, read, Kind.NOTE, as_json)


def vault(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of Obsidian, Logseq or Notion.", show_default=False)],
    into: Annotated[str, typer.Option(help="Folder below the entries; by default notes/ and the folder's name.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without confirmation.")] = False,
) -> None:
    """Import a folder of notes: fields, tags and links are taken along. Shows a preview first."""
    from app.cli.vault import import_vault

    if written := import_vault(folder, into, reader_of(ctx), yes=yes):
        log_event(settings_or_fail(reader_of(ctx)), "imported", folder.name, entries=written, source="vault")
    raise typer.Exit(0 if written else 1)


def _bring_in(ctx: typer.Context, files: list[Path], read: Importer, kind: Kind, as_json: bool) -> None:
    from dataclasses import asdict

    from ingest.importers.incoming import bring_in

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    arrivals = []
    for arrival in bring_in(settings.entries, files, read, kind):
        arrivals.append(arrival)
        if arrival.refusal:
            typer.echo(f"{arrival.source}: {reader.say(arrival.refusal)}", err=True)
        elif not as_json:
            before = "" if arrival.is_new else reader("cli.imported_before")
            typer.echo(f"{arrival.source} → {arrival.path}{before}")
            for note in arrival.notes:
                typer.echo(f"  {reader.say(note)}")
    if taken := sum(not arrival.refusal for arrival in arrivals):
        log_event(settings, "imported", entries=taken, source="files")
    if as_json:
        typer.echo(json.dumps([asdict(arrival) for arrival in arrivals], ensure_ascii=False))
    raise typer.Exit(1 if any(arrival.refusal for arrival in arrivals) else 0)
