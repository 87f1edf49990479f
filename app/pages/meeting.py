"""The meeting page: what happened, what to do, and what was decided, saved as a note."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.allowed import MEETING, require
from app.http.body import posted_form
from app.http.dependencies import ActivityDep, GapBoardDep, LibraryDep, ReaderDep, StoreDep, reader_of
from app.http.names import FIELD, author_of, names_of, remember_name, signature_of
from app.http.who import viewer_of
from app.pages.meeting_head import funnel_caption, funnel_picture, lacks
from app.pages.view import render
from app.words.meeting_headline import headline
from app.words.meeting_text import to_note
from app.words.meeting_view import in_words, title_of
from app.words.meeting_work import waiting
from app.words.reader import Reader
from kb.entry import owner_key as folded
from kb.errors import EntryNotFoundError, KBError
from kb.library import Library
from kb.loop.activity import Activity
from kb.loop.kpis import DEFINITIONS
from kb.loop.lessons import Task, decisions_of, marked, taken, taken_by, tasks_of
from kb.loop.meeting import LastMeeting, Meeting, last_meeting, period_of
from kb.loop.period import Period
from kb.loop.stored import to_lines

PAGE = "/meeting"
MOST_LINES = 100
router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.get(PAGE)
def meeting_page(
    request: Request,
    library: LibraryDep,
    store: StoreDep,
    board: GapBoardDep,
    activity: ActivityDep,
    reader: ReaderDep,
) -> Response:
    """Show the meeting on a period: as saved, or from today's records if not saved or if requested."""
    asked = request.query_params
    stored = None if asked.get("live") else library.loop.stored_meeting(asked.get("period", ""), activity.figures_of)
    found = stored or library.loop.meeting(asked.get("period", ""), **waiting(library, board, reader))
    shown: dict[str, Any] = {"stored": bool(stored), "unstored": bool(asked.get("stored")) and not stored}
    shown |= {"unkept": bool(asked.get("unkept")) and not stored, "live": bool(asked.get("live"))}
    shown |= {"marked": bool(asked.get("marked")), "just_saved": bool(asked.get("saved"))}
    if shown["just_saved"] and (text := store.text_of("note", f"meeting-{found.period}")):  # not indexed yet
        shown["agreed"] = LastMeeting("", found.period, decisions_of(text), tasks_of(text))
    shown["chosen"] = not asked.get("period", "").strip()
    return _page(request, library, found, {**shown, "actions": _open_tasks(found)})


@router.get(f"{PAGE}/numbers")
def numbers_page(request: Request) -> Response:
    """Explain each number of the meeting."""
    return render(request, "meeting_numbers.html", {"keys": ["won-amount", *DEFINITIONS]})


@router.post(f"{PAGE}/save")
def save(
    request: Request,
    library: LibraryDep,
    store: StoreDep,
    board: GapBoardDep,
    activity: ActivityDep,
    reader: ReaderDep,
    form: Form,
) -> Response:
    """Save decisions and actions as a note, and the figures beside it; an existing note of the period is left alone.

    It is written and nothing more: no search for new gaps unless none was made yet, and it is indexed afterwards.
    """
    found = library.loop.meeting(form.get("period", ""), **waiting(library, board, reader, board.last_gaps))
    fields = {name: form.get(name, "") for name in ("decisions", "actions")}
    if library.loop.meeting_note(found.period) or store.has("note", f"meeting-{found.period}"):
        return _page(request, library, found, {**fields, "problem": reader("meeting.saved_already")}, 409)
    decisions, actions = _lines(fields["decisions"]), _lines(fields["actions"])
    visibility = library.loop.visibility_of(found)
    owner = author_of(request) if viewer_of(request).is_signed_in else ""
    text = to_note(found.period, reader, decisions, actions, visibility, owner)
    try:
        saved = store.create(
            text,
            kind="note",
            name=f"meeting-{found.period}",
            force=True,
            author=signature_of(request),
            reason=title_of(Period.read(found.period), reader),
            key=form.get("key", "")[:200],
            later=True,
        )
    except KBError as error:
        return _page(request, library, found, {**fields, "problem": reader.say(error.sentence)}, 422)
    return _saved(found, is_kept=_is_kept(library, activity, saved.id, found, reader))


@router.post(f"{PAGE}/figures")
def keep_figures(
    library: LibraryDep, board: GapBoardDep, activity: ActivityDep, reader: ReaderDep, form: Form
) -> Response:
    """Store the figures of a meeting whose note was saved without them; figures that are stored stay."""
    period = Period.read(form.get("period", "")).key
    found = library.loop.meeting(period, **waiting(library, board, reader, board.last_gaps))
    note = library.loop.meeting_note(period)  # none: it is not indexed yet
    is_stored = bool(library.loop.stored_meeting(period, activity.figures_of))
    return _saved(found, is_kept=is_stored or bool(note and _is_kept(library, activity, note.id, found, reader)))


@router.post(f"{PAGE}/mark")
def mark(request: Request, library: LibraryDep, store: StoreDep, form: Form) -> Response:
    """Mark an action in the note of a meeting as done or open again, or take it."""
    note = library.entries.get(form.get("note", ""))
    if not period_of(note):
        raise EntryNotFoundError(note.id)
    period = Period.read(form.get("period", ""))  # before anything is written: it may be none
    if not viewer_of(request).is_at_least(MEETING.role):
        if form.get("state", "") not in marks_of(request, form.get("task", "")):
            require(request, MEETING)
        store = store.unrestricted()  # an author changes nothing but this line, whoever owns the note
    source, author = store.source(note.id), signature_of(request, form.get(FIELD, ""))
    if form.get("state") == "take":
        name = author_of(request, form.get(FIELD, ""))
        text = taken(source.text, form.get("task", ""), name) if name else source.text
    else:
        text = marked(source.text, form.get("task", ""), is_done=form.get("state") == "done")
    if text != source.text:
        store.update(note.id, text, source.content_hash, force=True, author=author, reason=form.get("task", "")[:100])
    back = "/mine?saved=marked" if form.get("back") == "mine" else f"{PAGE}?period={period.key}&marked=1#last"
    response = RedirectResponse(back, 303)
    remember_name(request, response, form.get(FIELD, ""))
    return response


def marks_of(request: Request, task: str) -> tuple[str, ...]:
    """Return how somebody may mark an action: an author those of their own, and one that nobody took by taking it."""
    viewer, name = viewer_of(request), taken_by(task)
    if not viewer.is_at_least("author"):
        return ()
    if viewer.is_at_least(MEETING.role) or folded(name) in names_of(request):
        return ("done", "todo") if name else ("done", "todo", "take")
    return () if name else ("take",)


def _is_kept(library: Library, activity: Activity, note: str, found: Meeting, reader: Reader) -> bool:
    """Store the figures of a meeting; where something is hidden nobody is shown them, so they are not stored."""
    try:
        if library.shows_everything:
            activity.keep_figures(note, to_lines(replace(found, language=reader.locale)))
    except KBError:
        return False
    return True


def _saved(found: Meeting, *, is_kept: bool) -> Response:
    return RedirectResponse(f"{PAGE}?period={found.period}&saved=1{'' if is_kept else '&unkept=1'}", 303)


def _page(request: Request, library: Library, found: Meeting, more: dict[str, Any], status: int = 200) -> Response:
    reader, period = reader_of(request), Period.read(found.period)
    note = library.loop.meeting_note(found.period)
    following, visibility = period.after(), library.loop.visibility_of(found)
    view, current = in_words(found, library, reader), Period.week_of(reader.today)
    funnel_period, steps = library.loop.funnel_of(found)
    context = {
        "view": view,
        "sections": {section.key: section for section in view.sections},
        "headline": headline(found, reader),
        "funnel": funnel_picture(steps, reader),
        "funnel_caption": funnel_caption(funnel_period, found, reader),
        "lacks": lacks(view.rows, reader),
        "nothing": [s.heading for s in view.sections if not s.lines and s.key not in ("endings", "last")],
        "no_last": next((s.empty for s in view.sections if s.key == "last" and not s.lines), ""),
        "current": current.key if current.key != period.key else "",
        "period": period,
        "previous": period.before().key,
        "following": following.key if following.start <= reader.today else "",
        "month": f"{period.start:%Y-%m}" if period.is_week else "",
        "note": note,
        "keeps_figures": library.shows_everything,
        "agreed": last_meeting(note) if note else None,
        "marks_of": partial(marks_of, request),
        "is_coming": period.start > reader.today,
        "restricted": reader.label("visibility", visibility) if visibility != "all" else "",
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
