"""What every command does first, and how it ends when something is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from typer.core import TyperGroup

from kb.errors import KBError
from kb.fields import FILTERS
from kb.wording import say

if TYPE_CHECKING:
    from app.settings import Settings
    from app.words.reader import Reader
    from kb.entry import Problem

Command = TypeVar("Command", bound=Callable[..., None])
Values = Annotated[list[str] | None, typer.Option(help="Only this value; may be repeated.")]


class Language(StrEnum):
    """What a command can speak."""

    JA = "ja"
    EN = "en"


class NoEntriesError(KBError):
    """The entries folder does not exist."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            say("There is no folder '{folder}'. Make it, or point KB_ENTRIES at your entries.", folder=str(folder))
        )


class Commands(TyperGroup):
    """The commands; what goes wrong for a known reason is said to the reader in one sentence, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KBError as error:
            fail(reader_of(ctx).say(error.sentence))


def with_filters(command: Command) -> Command:
    """Give a command an option for each filter of the register, before its own: they come as its `**chosen`."""
    asked = signature(command, eval_str=True)
    before = [p for p in asked.parameters.values() if p.kind is Parameter.POSITIONAL_OR_KEYWORD]
    own = [p for p in asked.parameters.values() if p.kind is Parameter.KEYWORD_ONLY]
    filters = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=Values) for name in FILTERS]
    command.__signature__ = asked.replace(parameters=[*before, *filters, *own])  # type: ignore[attr-defined]
    return command


def begin(ctx: typer.Context, language: Language | None) -> None:
    """Choose whom the command speaks to: in the language asked for, else in the terminal's."""
    from app.settings import terminal_language
    from app.words.reader import Reader

    ctx.obj = Reader.of(language or terminal_language())


def reader_of(ctx: typer.Context) -> Reader:
    """Return whom the command speaks to."""
    reader: Reader = ctx.obj
    return reader


def settings_or_fail(reader: Reader, **given: Any) -> Settings:
    """Return the settings, some of them given on the command line; say which one is wrong and end otherwise."""
    from pydantic import ValidationError

    from app.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = f"KB_{str(first['loc'][0]).upper()}"
        fail(reader("cli.bad_setting", name=name, value=first["input"], why=first["msg"]))


def need_entries(settings: Settings) -> None:
    """Make sure that there is an entries folder. Raises NoEntriesError."""
    if not settings.entries.is_dir():
        raise NoEntriesError(settings.entries)


def said(problem: Problem, reader: Reader) -> str:
    """Return a problem as path:line: what is wrong."""
    return f"{problem.path}:{problem.line}: {reader.say(problem.message)}"


def fail(message: str) -> NoReturn:
    """End with a message and exit code 1."""
    typer.echo(message, err=True)
    sys.exit(1)
