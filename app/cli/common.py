"""What every command does first, and how it ends when something is wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from app.settings import Settings


def settings_or_fail(**given: Any) -> Settings:
    """Return the settings, some of them given on the command line; say which one is wrong and end otherwise."""
    from pydantic import ValidationError

    from app.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        fail(f"KB_{str(first['loc'][0]).upper()}: {first['msg']}. See docs/settings.md.")


def need_entries(settings: Settings) -> None:
    """End with a word where there is no entries folder."""
    if not Path(settings.entries).is_dir():
        fail(f"There is no folder '{settings.entries}'. Make it, or point KB_ENTRIES at your entries.")


def fail(message: str) -> NoReturn:
    """End with a message and exit code 1."""
    typer.echo(message, err=True)
    sys.exit(1)
