"""What every command does first, and how it ends when something is wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from inspect import Parameter, signature
from io import TextIOWrapper
from pathlib import Path
from pwd import getpwuid
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from typer.core import TyperGroup

from kb.errors import KBError
from kb.fields import FILTERS
from kb.wording import say

if TYPE_CHECKING:
    from app.services import PeopleServices, Services
    from app.settings import Settings
    from app.words.reader import Reader
    from kb.entry import Problem
    from kb.people.events import Event

Command = TypeVar("Command", bound=Callable[..., None])
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Values = Annotated[list[str] | None, typer.Option(help="Only this value; may be repeated.")]


class Language(StrEnum):
    """The languages of the output."""

    JA = "ja"
    EN = "en"


class NoEntriesError(KBError):
    """The entries folder does not exist."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            say(
                "There is no folder '{folder}'. Run 'kb init' to create it, or point KB_ENTRIES at your entries.",
                folder=str(folder),
            )
        )


class Commands(TyperGroup):
    """The commands; a known error is one sentence for the reader, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KBError as error:
            fail(reader_of(ctx).say(error.sentence))


def with_filters(command: Command) -> Command:
    """Add an option for each filter of the register before a command's own; it gets them as `**chosen`."""
    original = signature(command, eval_str=True)
    before = [p for p in original.parameters.values() if p.kind is Parameter.POSITIONAL_OR_KEYWORD]
    own = [p for p in original.parameters.values() if p.kind is Parameter.KEYWORD_ONLY]
    filters = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=Values) for name in FILTERS]
    command.__signature__ = original.replace(parameters=[*before, *filters, *own])  # type: ignore[attr-defined]
    return command


def begin(ctx: typer.Context, language: Language | None) -> None:
    """Set the output language: the one requested, else the terminal's; and who acts, for the audit log."""
    from app.settings import terminal_language
    from app.words.reader import Reader
    from kb.people.acting import Acting, act_as

    for stream in (sys.stdout, sys.stderr):  # file names may be anything but text
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    ctx.obj = Reader.of(language or terminal_language())
    act_as(Acting(way=f"kb {ctx.invoked_subcommand} ({_user()})"))


def reader_of(ctx: typer.Context) -> Reader:
    """Return the reader of the output."""
    reader: Reader = ctx.obj
    return reader


def settings_or_fail(reader: Reader, **overrides: Any) -> Settings:
    """Return the settings, with overrides from the command line; exit with a message if one is invalid."""
    from pydantic import ValidationError

    from app.settings import Settings, without_sign_in

    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = f"KB_{str(first['loc'][0]).upper()}"
        fail(reader("cli.bad_setting", name=name, value=without_sign_in(str(first["input"])), why=first["msg"]))


@contextmanager
def people_of(settings: Settings) -> Iterator[PeopleServices]:
    """Open what knows people, and the audit log, without the library; what is done is logged if the server logs."""
    from app.cli.running import way_to_sign_in
    from app.services import open_people

    opened = open_people(settings, is_logged=way_to_sign_in(settings) != "none")
    try:
        yield opened
    finally:
        opened.close()


def log_event(settings: Settings, event: Event, about: str = "", **facts: str | int | list[str]) -> None:
    """Log what a command does, where people sign in. Raises NotLoggedError if it must be logged and cannot be."""
    from app.cli.running import way_to_sign_in

    if way_to_sign_in(settings) != "none":
        from kb.viewer import OPERATOR

        with people_of(settings) as opened:
            opened.audit.note(event, OPERATOR, about, **facts)


def need_entries(settings: Settings) -> None:
    """Require an entries folder. Raises NoEntriesError."""
    if not settings.entries.is_dir():
        raise NoEntriesError(settings.entries)


@contextmanager
def opened_services(settings: Settings) -> Iterator[Services]:
    """Open the services, without logging what is searched. Raises NoEntriesError."""
    from app.data_folder import prepare
    from app.services import open_services

    need_entries(settings)
    prepare(settings.data)
    services = open_services(settings, logs=False)
    try:
        yield services
    finally:
        services.close()


def problem_line(problem: Problem, reader: Reader) -> str:
    """Return a problem as `path:line: message`."""
    return f"{problem.path}:{problem.line}: {reader.say(problem.message)}"


def _user() -> str:
    """Return who runs the command on this machine."""
    try:
        return getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number without a name
        return str(os.getuid())


def fail(message: str) -> NoReturn:
    """Exit with a message and code 1."""
    typer.echo(message, err=True)
    sys.exit(1)
