"""The command `kb meeting`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Language, opened_services, reader_of, settings_or_fail

if TYPE_CHECKING:
    from app.words.meeting_view import MeetingView
    from app.words.reader import Reader


class Format(StrEnum):
    """The formats."""

    MD = "md"
    HTML = "html"
    CSV = "csv"


def meeting(
    ctx: typer.Context,
    period: Annotated[
        str, typer.Option(help="A week (2026-W47) or month (2026-11); default: the newest week with an end.")
    ] = "",
    form: Annotated[Format, typer.Option("--format", "-f", help="html: one page for paper; csv: a table.")] = Format.MD,
    stored: Annotated[bool, typer.Option("--stored", help="Use the saved numbers, if there are any.")] = False,
    language: Annotated[
        Language | None, typer.Option(help="Language of the meeting; by default that of the output.")
    ] = None,
) -> None:
    """Print the sales and marketing meeting of a week or month, from the index."""
    from app.words.meeting_view import in_words
    from app.words.meeting_work import waiting
    from app.words.reader import Reader
    from kb.viewer import OPERATOR

    with opened_services(settings_or_fail(reader_of(ctx))) as services:
        seen = services.seen_by(OPERATOR)
        library = seen.library
        reader = Reader.of(language or reader_of(ctx).locale, library.playbook)
        found = library.loop.stored_meeting(period, services.activity.figures_of) if stored else None
        found = found or library.loop.meeting(period, **waiting(library, seen.gap_board, reader))
        view = in_words(found, library, reader)
    sys.stdout.buffer.write(_written(view, reader, form))
    sys.stdout.buffer.flush()


def _written(view: MeetingView, reader: Reader, form: Format) -> bytes:
    from app.words.meeting_text import to_csv, to_html, to_markdown

    if form is Format.CSV:
        return to_csv(view, reader)
    if form is Format.HTML:
        return to_html(view, reader).encode()
    return f"# {view.title}\n\n{to_markdown(view, reader)}".encode()
