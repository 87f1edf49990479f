"""`kb init`: an entries folder to begin with."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.common import log_event, reader_of, settings_or_fail


def init(
    ctx: typer.Context,
    sample: Annotated[bool, typer.Option("--sample", help="Add a fictional company's entries to try it out.")] = False,
    remove_sample: Annotated[
        bool, typer.Option("--remove-sample", help="Remove them again, except what somebody changed.")
    ] = False,
) -> None:
    """Create the entries folder (KB_ENTRIES) with a starter playbook, or with a sample company."""
    from app.engines import shared_database
    from ingest import sample as company
    from ingest.playbook_store import write_starter
    from kb.clock import CLOCK

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    if remove_sample:
        removed = company.remove_sample(settings.entries, settings.saving_lock)
        nothing = not removed.gone and not removed.kept and removed.playbook == "own"
        log_event(settings, "import-undone", entries=len(removed.gone) + len(removed.meetings), source="sample")
        database = shared_database(settings)
        if removed.since and (database or settings.activity_file.is_file()):
            from kb.loop.activity import Activity

            Activity(settings.activity_file, is_kept=settings.activity, database=database).forget(
                removed.since, removed.until, removed.ids
            )
        typer.echo(reader("sample.none") if nothing else reader.counted("sample.gone", len(removed.gone)))
        if removed.meetings:
            typer.echo(reader.counted("sample.meetings", len(removed.meetings)))
        if removed.kept:
            typer.echo(reader.counted("sample.kept", len(removed.kept)))
            for path in removed.kept:
                typer.echo(f"  {path}")
        if removed.playbook != "own":
            typer.echo(reader("sample.playbook_back" if removed.playbook == "starter" else "sample.playbook_kept"))
    elif sample:
        paths = company.add_sample(
            settings.entries, CLOCK.today(), settings.saving_lock, CLOCK.now().isoformat(timespec="milliseconds")
        )
        log_event(settings, "imported", entries=len(paths), source="sample")
        typer.echo(reader.counted("cli.sample_added", len(paths), folder=settings.entries))
    elif write_starter(settings.entries, settings.saving_lock):
        log_event(settings, "playbook-saved", "playbook.yaml")
        typer.echo(reader("cli.init_done", folder=settings.entries))
    else:
        typer.echo(reader("cli.init_before", folder=settings.entries))
