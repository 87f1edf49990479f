"""`kb backup` and `kb restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import fail, log_event, need_entries, reader_of, settings_or_fail

if TYPE_CHECKING:
    from app.words.reader import Reader


def backup(ctx: typer.Context, target: Annotated[Path, typer.Argument(help="The .zip to write.")]) -> None:
    """Write entries, activity and people into one file with checksums. A server may keep running."""
    from app.engines import shared_database
    from ingest.backup import back_up, verify
    from kb.loop.activity import Activity
    from kb.people.file import PeopleFile

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    log_event(settings, "backed-up", target.name)
    database = shared_database(settings)
    has_activity = database or settings.activity_file.is_file()
    activity = Activity(settings.activity_file, is_kept=False, database=database) if has_activity else None
    people = PeopleFile(settings.people_file, database)
    try:
        copy_activity = activity.copy_to if activity else lambda _place: False
        written = back_up(settings.entries, copy_activity, target, copy_people=people.copy_to)
        contents = verify(target)
    finally:
        people.close()
        if activity:
            activity.close()
        if database:
            database.close()
    _print_left_out(written.left_out, reader)
    what = "cli.backup_with_activity" if contents.has_activity else "cli.backup_without_activity"
    typer.echo(reader(what, target=target, files=reader.number(contents.files)))
    if contents.has_people:
        typer.echo(reader("cli.backup_with_people"))


def restore(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(help="The .zip that `kb backup` wrote.")],
    check: Annotated[bool, typer.Option("--check", help="Only verify the checksums.")] = False,
) -> None:
    """Restore a backup into an empty entries folder; then `kb sync` rebuilds the index."""
    from ingest.backup import restore as bring_back
    from ingest.backup import verify
    from kb.errors import KBError

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    try:
        contents = verify(source) if check else bring_back(source, settings.entries, settings.activity_file)
    except KBError as error:
        fail(_printable(reader.say(error.sentence)))
    if not (check or contents.is_here):
        log_event(settings, "backup-restored", source.name, files=contents.files)
    _print_left_out(contents.left_out, reader)
    for name, path in contents.renamed:
        typer.echo(reader("cli.restored_as", name=_printable(name), path=_printable(path)), err=True)
    what = "cli.backup_is_whole" if check else "cli.backup_is_here" if contents.is_here else "cli.backup_restored"
    values = {"source": source, "made_at": _printable(contents.made_at), "folder": settings.entries}
    typer.echo(reader(what, files=reader.number(contents.files), **values))


def _print_left_out(names: tuple[str, ...], reader: Reader) -> None:
    for name in names:
        typer.echo(reader("cli.left_out", name=_printable(name)), err=True)


def _printable(text: str) -> str:
    """Return a text without terminal control characters: names in a backup are untrusted."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
