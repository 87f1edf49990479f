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
from typing import Annotated

import typer

from app.cli.common import fail, need_entries, settings_or_fail


class New(StrEnum):
    """What can be begun."""

    talk_track = "talk-track"
    deal = "deal"
    campaign = "campaign"
    note = "note"


class Outcome(StrEnum):
    """How a deal ended."""

    won = "won"
    lost = "lost"
    no_decision = "no-decision"
    open = "open"


def new(
    kind: Annotated[New, typer.Argument(help="What to write.")],
    outcome: Annotated[Outcome, typer.Option(help="Of a deal: it chooses the questions.")] = Outcome.won,
    language: Annotated[str, typer.Option(help="Of the template: ja or en.")] = "ja",
) -> None:
    """Write a new entry in your editor ($VISUAL or $EDITOR), started from a template."""
    from ingest.adding import add_text, check_text
    from ingest.check import read_playbook
    from ingest.templates import template, with_keys, without_empty_keys
    from kb.errors import KBError

    settings = settings_or_fail()
    need_entries(settings)
    playbook = read_playbook(settings.entries)[0]
    begun = template(f"deal-{outcome}" if kind == New.deal else kind, language)
    text = with_keys(begun, kind, playbook)
    while True:
        text = without_empty_keys(_edited(text), kind, playbook)
        if not text.strip() or text == begun:
            fail("Nothing was written, so nothing was saved.")
        try:
            problems = check_text(settings.entries, text, kind)
            for problem in problems:
                typer.echo(f"{problem.line}: {problem.message}", err=True)
            if problems and sys.stdin.isatty() and typer.confirm("Edit again?", default=True):
                continue
            added = add_text(settings.entries, text, kind=kind)
        except KBError as error:
            if sys.stdin.isatty() and typer.confirm(f"{error} Edit again?", default=True, err=True):
                continue
            fail(f"{error} What you wrote is kept in {_kept(text)}.")
        typer.echo(str(settings.entries / added.path))
        return


def add(
    files: Annotated[list[Path], typer.Argument(help="Markdown files to copy below the entries folder.")],
    force: Annotated[bool, typer.Option("--force", help="Also where an entry has the same text already.")] = False,
) -> None:
    """Add Markdown files as entries; each goes to the folder of its kind. Exit code 1 if one was refused."""
    from ingest.adding import add_text
    from ingest.files import decode
    from kb.entry import Problem
    from kb.errors import KBError

    settings = settings_or_fail()
    need_entries(settings)
    refused = 0
    for file in files:
        try:
            found = decode(file.read_bytes(), file.name)
            if isinstance(found, Problem):
                raise KBError(found.message)
            added = add_text(settings.entries, found.text, name=file.stem, force=force)
        except (KBError, OSError) as error:
            refused += 1
            typer.echo(f"{file}: {error.strerror if isinstance(error, OSError) else error}", err=True)
            continue
        typer.echo(f"{file} → {settings.entries / added.path}")
        for problem in added.problems:
            typer.echo(str(problem), err=True)
    raise typer.Exit(1 if refused else 0)


def _edited(text: str) -> str:
    """Return a text after a person has had it in the editor."""
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
        fail(f"The editor '{' '.join(command)}' did not work ({error}). Choose another with EDITOR.")
    finally:
        place.unlink(missing_ok=True)


def _kept(text: str) -> str:
    """Keep a text that could not be saved; return where."""
    handle, name = tempfile.mkstemp(suffix=".md", prefix="kb-kept-")
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return name
