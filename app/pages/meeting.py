"""The page of the meeting: what happened, what waits, and what was decided, kept as a note."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import GapBoardDep, LibraryDep, StoreDep
from app.pages.view import render, texts_of
from app.pages.writing.making import author_of
from app.words.meeting_text import to_note
from app.words.meeting_view import in_words, title_of
from app.words.meeting_work import waiting
from app.words.rendering import entry_address
from kb.errors import EntryNotFoundError, KBError
from kb.library import Library
from kb.loop.kpis import DEFINITIONS
from kb.loop.lessons import Task, marked
from kb.loop.meeting import Meeting, period_of
from kb.loop.period import Period

PAGE = "/meeting"
MOST_LINES = 100
router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.get(PAGE)
def meeting_page(request: Request, library: LibraryDep, board: GapBoardDep) -> Response:
    """Show the meeting on a period: as it was saved where it was, else, or when asked to, from today's records."""
    asked = request.query_params
    stored = None if asked.get("live") else library.loop.stored_meeting(asked.get("period", ""))
    found = stored or library.loop.meeting(asked.get("period", ""), **waiting(library, board, texts_of(request)))
    shown = {"stored": bool(stored), "unstored": bool(asked.get("stored")) and not stored}
    shown["marked"] = bool(asked.get("marked"))
    return _page(request, library, found, {**shown, "actions": _open_tasks(found)})


@router.get(f"{PAGE}/numbers")
def numbers_page(request: Request) -> Response:
    """Explain each number of the meeting."""
    return render(request, "meeting_numbers.html", {"keys": ["won-amount", *DEFINITIONS]})


@router.post(f"{PAGE}/save")
def save(request: Request, library: LibraryDep, store: StoreDep, board: GapBoardDep, form: Form) -> Response:
    """Keep a meeting with its decisions and actions as a note; one of a period that has one is left alone."""
    texts = texts_of(request)
    found = library.loop.meeting(form.get("period", ""), **waiting(library, board, texts))
    told = {name: form.get(name, "") for name in ("decisions", "actions")}
    if library.loop.meeting_note(found.period):
        return _page(request, library, found, {**told, "problem": texts("meeting.saved_already")}, 409)
    text = to_note(
        found, in_words(found, library, texts), texts, _lines(told["decisions"]), _lines(told["actions"]), date.today()
    )
    try:
        saved = store.create(
            text,
            kind="note",
            name=f"meeting-{found.period}",
            force=True,
            author=author_of(request),
            reason=title_of(Period.read(found.period), texts),
            key=form.get("key", "")[:200],
        )
    except KBError as error:
        return _page(request, library, found, {**told, "problem": texts.said(error.sentence)}, 422)
    return RedirectResponse(f"{entry_address(saved.id)}?saved={'1' if saved.is_findable else 'soon'}", 303)


@router.post(f"{PAGE}/mark")
def mark(request: Request, library: LibraryDep, store: StoreDep, form: Form) -> Response:
    """Write into the note of a meeting that one of its actions is done, or open again."""
    note = library.entries.get(form.get("note", ""))
    if not period_of(note):
        raise EntryNotFoundError(note.id)
    source, author = store.source(note.id), author_of(request)
    text = marked(source.text, form.get("task", ""), is_done=form.get("state") == "done")
    if text != source.text:
        store.update(note.id, text, source.content_hash, force=True, author=author, reason=form.get("task", "")[:100])
    period = Period.read(form.get("period", ""))
    return RedirectResponse(f"{PAGE}?period={period.key}&marked=1#last", 303)


def _page(request: Request, library: Library, found: Meeting, more: dict[str, Any], status: int = 200) -> Response:
    texts, period = texts_of(request), Period.read(found.period)
    note = library.loop.meeting_note(found.period)
    following = period.after()
    context = {
        "view": in_words(found, library, texts),
        "period": period,
        "previous": period.before().key,
        "following": following.key if following.start <= date.today() else "",
        "month": f"{period.start:%Y-%m}" if period.is_week else "",
        "note": note,
        "key": secrets.token_urlsafe(16),
    }
    return render(request, "meeting.html", {**context, **more}, status)


def _open_tasks(found: Meeting) -> str:
    tasks: tuple[Task, ...] = found.last.tasks if found.last else ()
    return "\n".join(task.text for task in tasks if not task.is_done)


def _lines(text: str) -> list[str]:
    """Return the lines of a field without the list marks people type."""
    lines = (line.strip().removeprefix("- ").removeprefix("・").strip() for line in text.splitlines())
    return [line for line in lines if line][:MOST_LINES]
