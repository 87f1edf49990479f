"""The command `kb meeting`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import need_entries, settings_or_fail

if TYPE_CHECKING:
    from app.words.catalogue import Texts
    from app.words.meeting_view import MeetingView


class Format(StrEnum):
    """What can be written."""

    MD = "md"
    HTML = "html"
    CSV = "csv"


class Language(StrEnum):
    """What it can be said in."""

    JA = "ja"
    EN = "en"


def meeting(
    period: Annotated[str, typer.Option(help="A week (2026-W47) or month (2026-11); default: last full week.")] = "",
    form: Annotated[Format, typer.Option("--format", "-f", help="html: one page for paper; csv: a table.")] = Format.MD,
    stored: Annotated[bool, typer.Option("--stored", help="As it was saved, where it was.")] = False,
    language: Annotated[Language, typer.Option(help="Language of the words.")] = Language.JA,
) -> None:
    """Write the meeting of sales and marketing on a week or month, from the index, to the standard output."""
    from app.services import make_library
    from app.words.catalogue import texts_for
    from app.words.meeting_view import in_words
    from app.words.meeting_work import waiting
    from kb.loop.activity import Activity
    from kb.loop.board import GapBoard

    settings = settings_or_fail()
    need_entries(settings)
    library = make_library(settings)
    activity = Activity(settings.activity_file, is_kept=False)
    try:
        texts = texts_for(language)
        found = library.loop.stored_meeting(period) if stored else None
        found = found or library.loop.meeting(period, **waiting(library, GapBoard(library, activity), texts))
        view = in_words(found, library, texts)
    finally:
        activity.close()
        library.close()
    sys.stdout.buffer.write(_written(view, texts, form))
    sys.stdout.buffer.flush()


def _written(view: MeetingView, texts: Texts, form: Format) -> bytes:
    from app.words.meeting_text import to_csv, to_html, to_markdown

    if form is Format.CSV:
        return to_csv(view, texts)
    if form is Format.HTML:
        return to_html(view, texts).encode()
    return f"# {view.title}\n\n{to_markdown(view, texts)}".encode()
