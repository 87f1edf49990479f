"""`kb backup` and `kb restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import fail, need_entries, settings_or_fail


def backup(target: Annotated[Path, typer.Argument(help="The .zip to write.")]) -> None:
    """Write the entries and what people did into one file with checksums. A server may go on meanwhile."""
    from ingest.backup import back_up, verify
    from kb.errors import KBError
    from kb.loop.activity import Activity

    settings = settings_or_fail()
    need_entries(settings)
    activity = Activity(settings.activity_file, is_kept=False) if settings.activity_file.is_file() else None
    try:
        back_up(settings.entries, activity.copy_to if activity else lambda _place: False, target)
        contents = verify(target)
    except KBError as error:
        fail(str(error))
    finally:
        if activity:
            activity.close()
    what = "with activity" if contents.has_activity else "without activity"
    typer.echo(f"{target}: {contents.files} files, {what}, every checksum compared.")


def restore(
    source: Annotated[Path, typer.Argument(help="The .zip that `kb backup` wrote.")],
    check: Annotated[bool, typer.Option("--check", help="Only compare every checksum.")] = False,
) -> None:
    """Bring a backup back into an empty entries folder; then `kb sync` makes the index anew."""
    from ingest.backup import restore as bring_back
    from ingest.backup import verify
    from kb.errors import KBError

    settings = settings_or_fail()
    try:
        contents = verify(source) if check else bring_back(source, settings.entries, settings.activity_file)
    except KBError as error:
        fail(str(error))
    done = "is whole" if check else f"is back in {settings.entries}"
    typer.echo(f"{source} of {contents.made_at} {done}: {contents.files} files.")
