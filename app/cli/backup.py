"""`kb backup` and `kb restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import need_entries, reader_of, settings_or_fail


def backup(ctx: typer.Context, target: Annotated[Path, typer.Argument(help="The .zip to write.")]) -> None:
    """Write the entries and what people did into one file with checksums. A server may go on meanwhile."""
    from ingest.backup import back_up, verify
    from kb.loop.activity import Activity

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    activity = Activity(settings.activity_file, is_kept=False) if settings.activity_file.is_file() else None
    try:
        back_up(settings.entries, activity.copy_to if activity else lambda _place: False, target)
        contents = verify(target)
    finally:
        if activity:
            activity.close()
    what = "cli.backup_with_activity" if contents.has_activity else "cli.backup_without_activity"
    typer.echo(reader(what, target=target, files=reader.number(contents.files)))


def restore(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(help="The .zip that `kb backup` wrote.")],
    check: Annotated[bool, typer.Option("--check", help="Only compare every checksum.")] = False,
) -> None:
    """Bring a backup back into an empty entries folder; then `kb sync` makes the index anew."""
    from ingest.backup import restore as bring_back
    from ingest.backup import verify

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    contents = verify(source) if check else bring_back(source, settings.entries, settings.activity_file)
    what = "cli.backup_is_whole" if check else "cli.backup_restored"
    values = {"source": source, "made_at": contents.made_at, "folder": settings.entries}
    typer.echo(reader(what, files=reader.number(contents.files), **values))
