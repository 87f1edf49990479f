"""The commands `kb connect`, `kb pull` and `kb write-back`: a CRM from which deals come in by themselves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import AsJson, log_event, need_entries, reader_of, settings_or_fail

if TYPE_CHECKING:
    from app.settings import Settings
    from app.words.reader import Reader
    from app.writing_back import Written
    from ingest.connectors.puller import Pulled
    from ingest.importers.columns import Columns

Name = Annotated[str, typer.Argument(help="salesforce, hubspot or kintone.", show_default=False)]
MOST_SHOWN = 20  # deals that are gone
MOST_UNUSED = 100  # fields of the CRM that are listed


def connect(
    ctx: typer.Context,
    name: Name = "",
    column: Annotated[list[str] | None, typer.Option(help="Field and the CRM's field: reason=失注の理由.")] = None,
    stage: Annotated[list[str] | None, typer.Option(help="Stage and its outcome: Signed=won.")] = None,
    save: Annotated[bool, typer.Option("--save", help="Keep the mapping in entries/mappings/.")] = False,
) -> None:
    """Check the credentials of a CRM and show, from its first deals, which fields are taken for what."""
    from app.connections import puller_of
    from app.words.import_preview import preview
    from ingest.connectors.trying import tried
    from ingest.importers.answers import keep_mapping

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    puller = puller_of(settings, name, time.sleep)
    first = tried(puller, lambda columns: _corrected(columns, column or [], stage or []))
    typer.echo(reader("pull.connected", place=puller.connector.place))
    typer.echo(reader("pull.mapping", path=f"mappings/{first.mapping}") if first.mapping else reader("pull.profile"))
    for line in preview(first.report, reader):
        typer.echo(line)
    if unused := first.columns.ignored:
        more = reader("cli.more", count=reader.number(len(unused) - MOST_UNUSED)) if unused[MOST_UNUSED:] else ""
        typer.echo(reader("pull.unused", fields=", ".join(unused[:MOST_UNUSED]), more=more))
    if save:
        path = keep_mapping(settings.entries, first.columns, first.report.stages)
        log_event(settings, "mapping-saved", path)
        typer.echo(reader("files.kept_mapping", path=path))
    typer.echo(reader("pull.next", name=name))


def pull(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The CRM; by default all that are connected.")] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Write what is shown; without it nothing is written.")] = False,
    believe_all: Annotated[
        bool, typer.Option("--all-gone", help="Archive also if unusually many deals are gone from the CRM.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read from a CRM what changed since the last pull. Shows what would be written; writes it with --apply."""
    from app.connections import CRMS, connected, puller_of
    from app.data_folder import prepare
    from ingest.connectors.errors import NoneConnectedError

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    prepare(settings.data)
    names = [name] if name else connected(settings)
    if not names:
        raise NoneConnectedError(", ".join(CRMS))
    is_complete = True
    for one in names:
        puller = replace(puller_of(settings, one, time.sleep), believes_all=believe_all)
        pulled = puller.run(write=apply)
        is_complete = is_complete and pulled.is_complete
        if as_json:
            typer.echo(json.dumps(asdict(pulled), ensure_ascii=False))
        else:
            for line in lines_of(pulled, one, reader, is_written=apply):
                typer.echo(line)
        if apply and pulled.report and pulled.report.written:
            log_event(settings, "imported", pulled.place, entries=pulled.report.written, source="crm")
    raise typer.Exit(0 if is_complete else 1)


def write_back(
    ctx: typer.Context,
    name: Name = "",
    apply: Annotated[bool, typer.Option("--apply", help="Write what is shown; without it nothing is written.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write addresses of entries and codes of reasons into the CRM, into the fields that settings name for them."""
    from app.connections import CRMS, puller_of
    from app.connections import write_back as fields_of
    from app.writing_back import NoFieldsError, Written, to_write, write

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    puller, fields = puller_of(settings, name, time.sleep), fields_of(settings, name)
    if not fields:
        raise NoFieldsError(CRMS[name], name)
    with puller.state.held(name):
        writings = to_write(settings, puller.state, fields)
        written = Written(writings)
        if apply:
            if writings:
                log_event(settings, "exported", puller.connector.place, form="crm", count=len(writings))
            written = write(puller.connector, puller.state, writings)
    if as_json:
        typer.echo(json.dumps(asdict(written), ensure_ascii=False))
    else:
        for line in _lines_written(written, name, reader, is_written=apply):
            typer.echo(line)
    raise typer.Exit(1 if written.refused else 0)


def _lines_written(written: Written, name: str, reader: Reader, *, is_written: bool) -> Iterator[str]:
    for one in written.writings[:MOST_SHOWN]:
        yield f"  {one.record} {one.entry_id}: {', '.join(f'{field}={value}' for field, value in one.values.items())}"
    if len(written.writings) > MOST_SHOWN:
        yield f"  {reader('cli.more', count=reader.number(len(written.writings) - MOST_SHOWN))}"
    for record, why in (written.refused or ())[:MOST_SHOWN]:
        yield f"  {record}: {reader.say(why)}"
    if is_written:
        yield reader("write_back.done", count=reader.number(written.done))
    else:
        yield reader("write_back.apply" if written.writings else "write_back.nothing", name=name)


def lines_of(pulled: Pulled, name: str, reader: Reader, *, is_written: bool) -> Iterator[str]:
    """Yield what a pull read and wrote, or would write."""
    from app.words.import_preview import preview

    yield reader("pull.read", place=pulled.place, count=reader.number(pulled.read))
    if pulled.report:
        yield from preview(pulled.report, reader)
        if pulled.report.failure:
            yield reader.say(pulled.report.failure)
    else:
        yield reader("pull.nothing")
    for one in pulled.left[:MOST_SHOWN]:
        what = reader("pull.merged", into=one.into) if one.into else reader("pull.deleted")
        become = "archived" if one.is_archived else "to_archive" if not is_written or pulled.is_held else "stays"
        become = become if one.path else "no_entry"
        yield f"  {one.id} {what} {reader(f'pull.{become}', path=one.path)}"
    if len(pulled.left) > MOST_SHOWN:
        yield f"  {reader('cli.more', count=reader.number(len(pulled.left) - MOST_SHOWN))}"
    if pulled.foreign:
        yield reader("pull.foreign", count=reader.number(pulled.foreign))
    if pulled.is_held:
        yield reader("pull.held", count=reader.number(len(pulled.left)), name=name)
    if is_written and pulled.is_complete:
        yield reader("pull.written", count=reader.number(pulled.report.written if pulled.report else 0))
    elif not is_written and (pulled.report or pulled.left):
        yield reader("pull.apply", name=name)


def check_connections(settings: Settings, reader: Reader) -> Iterator[tuple[str, bool, str]]:
    """Yield of each connected CRM its name, whether its last pull succeeded, and a sentence; nothing is sent."""
    from app.connections import connected, state_of
    from app.words.connection_view import said_of
    from kb.errors import KBError

    for name in connected(settings):
        try:
            progress = state_of(settings, name).progress
        except KBError as error:
            yield f"connection_{name}", False, reader.say(error.sentence)
            continue
        yield f"connection_{name}", not progress.failed_at, said_of(progress, reader)


def _corrected(columns: Columns, given: list[str], stages: list[str]) -> Columns:
    """Return columns and stages as a person wants them. Raises ImportRefusedError."""
    from app.cli.crm import stage_of
    from ingest.front_matter import field_of
    from ingest.importers.stages import folded

    for text in given:
        field, _, header = text.partition("=")
        columns = columns.with_column(field_of(field.strip()), header.strip())
    outcomes = {folded(stage): outcome for stage, outcome in map(stage_of, stages)}
    profile = columns.profile
    return replace(columns, profile=replace(profile, outcomes={**profile.outcomes, **outcomes}))
