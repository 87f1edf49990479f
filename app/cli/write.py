"""`kb new` and `kb add`: entries from the terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import fail, need_entries, problem_line, reader_of, settings_or_fail

if TYPE_CHECKING:
    from app.words.reader import Reader


class New(StrEnum):
    """The kinds of new entries."""

    talk_track = "talk-track"
    deal = "deal"
    campaign = "campaign"
    content = "content"
    note = "note"


class Outcome(StrEnum):
    """How a deal ended."""

    won = "won"
    lost = "lost"
    no_decision = "no-decision"
    open = "open"


def new(
    ctx: typer.Context,
    kind: Annotated[New, typer.Argument(help="What to write.")],
    outcome: Annotated[Outcome, typer.Option(help="Of a deal; decides the questions.")] = Outcome.won,
    language: Annotated[str, typer.Option(help="Of the template: ja or en.")] = "ja",
) -> None:
    """Write a new entry in your editor ($VISUAL or $EDITOR), from a template."""
    from ingest.adding import add_text, check_text
    from ingest.check import read_playbook
    from ingest.templates import template, with_keys, without_empty_keys
    from kb.errors import KBError

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    playbook = read_playbook(settings.entries)[0]
    start = template(f"deal-{outcome}" if kind == New.deal else kind, language)
    text = with_keys(start, kind, playbook)
    while True:
        text = without_empty_keys(_edited(text, reader), kind, playbook)
        if not text.strip() or text == start:
            fail(reader("cli.nothing_saved"))
        try:
            problems = check_text(settings.entries, text, kind)
            for problem in problems:
                typer.echo(f"{problem.line}: {reader.say(problem.message)}", err=True)
            if problems and sys.stdin.isatty() and typer.confirm(reader("cli.edit_again"), default=True):
                continue
            added = add_text(settings.entries, text, kind=kind, lock=settings.saving_lock)
        except KBError as error:
            why = reader.say(error.sentence)
            again = reader.sentences([why, reader("cli.edit_again")])
            if sys.stdin.isatty() and typer.confirm(again, default=True, err=True):
                continue
            fail(reader.sentences([why, reader("cli.kept", path=_store_aside(text))]))
        typer.echo(str(settings.entries / added.path))
        typer.echo(reader("cli.not_searchable_yet"), err=True)
        return


def add(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Markdown files to copy below the entries folder.")],
    force: Annotated[bool, typer.Option("--force", help="Even if an entry has the same text already.")] = False,
) -> None:
    """Add Markdown files as entries; each goes to the folder of its kind. Exit code 1 if one is refused."""
    from ingest.adding import add_text
    from ingest.files import EntryFile, read_file
    from ingest.readable import guessed
    from kb.entry import Problem
    from kb.errors import KBError

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    refused = 0
    for file in files:
        try:
            found = read_file(EntryFile(file.name, file))
            if isinstance(found, Problem):
                raise KBError(found.message)
            name = guessed(file.stem)
            added = add_text(settings.entries, found.text, name=name, force=force, lock=settings.saving_lock)
        except KBError as error:
            refused += 1
            why = reader.say(error.sentence)
            typer.echo(f"{file}: {why}", err=True)
            continue
        typer.echo(f"{file} → {settings.entries / added.path}")
        for problem in added.problems:
            typer.echo(problem_line(problem, reader), err=True)
    if refused < len(files):
        typer.echo(reader("cli.not_searchable_yet"), err=True)
    raise typer.Exit(1 if refused else 0)


def _edited(text: str, reader: Reader) -> str:
    """Return a text as edited in the user's editor."""
    from app.settings import editor

    command = shlex.split(editor()) or [next(filter(shutil.which, ("nano", "vi", "notepad")), "vi")]
    handle, name = tempfile.mkstemp(suffix=".md", prefix="kb-")
    place = Path(name)
    try:
        os.close(handle)
        place.write_text(text, "utf-8")
        subprocess.run([*command, name], check=True)  # noqa: S603 the person's own editor
        return place.read_text("utf-8")
    except (OSError, subprocess.SubprocessError) as error:
        fail(reader("cli.editor_failed", command=" ".join(command), error=error))
    finally:
        place.unlink(missing_ok=True)


def _store_aside(text: str) -> str:
    """Store a text that could not be saved; return its path."""
    handle, name = tempfile.mkstemp(suffix=".md", prefix="kb-kept-")
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return name
