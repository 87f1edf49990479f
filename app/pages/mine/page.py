"""The page of one's own work; without sign-in also the one place to change one's name."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.asker import askers_of
from app.http.body import posted_form
from app.http.dependencies import ActivityDep, LibraryDep, ReaderDep
from app.http.names import FIELD, names_of, remember_name
from app.http.who import viewer_of
from app.own_work import OwnWork, own_work
from app.pages.cards import card_of
from app.pages.loop.proposal import proposed_kind
from app.pages.loop.review import reasons_of
from app.pages.view import render
from app.words.addresses import action_address, entry_address, gap_address
from app.words.reader import Reader
from kb.library import Library
from kb.loop.activity import GapRow

PAGE = "/mine"
SHOWN = 50  # of one's entries, the newest
SAVED = ("verified", "named", "marked")

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.get(PAGE)
def own_page(request: Request, library: LibraryDep, activity: ActivityDep, reader: ReaderDep) -> Response:
    """Show what waits for whoever is asking."""
    names = names_of(request)
    found = own_work(library, activity, names, askers_of(request), asks_again=True)
    owned = library.entries.of_owner(names)
    saved = request.query_params.get("saved", "")
    context = {
        **_in_words(found, library, reader),
        "work": found,
        "owned": len(owned),
        "newest": [card_of(entry, reader) for entry in owned[:SHOWN]],
        "actions": found.actions,
        "may_verify": viewer_of(request).is_at_least("editor"),
        "saved": reader(f"mine.saved_{saved}") if saved in SAVED else "",
        "trouble": activity.trouble,
    }
    return render(request, "mine.html", context)


@router.post(f"{PAGE}/seen")
def seen(request: Request, activity: ActivityDep, form: Form) -> Response:
    """Take an answer off the list."""
    activity.seen(askers_of(request), form.get("entry", ""))
    return RedirectResponse(f"{PAGE}#answers", 303)


@router.post(f"{PAGE}/name")
def name(request: Request, form: Form) -> Response:
    """Remember a name for this browser, where nobody signs in."""
    response = RedirectResponse(f"{PAGE}?saved=named", 303)
    remember_name(request, response, form.get(FIELD, ""))
    return response


def _in_words(found: OwnWork, library: Library, reader: Reader) -> dict[str, Any]:
    """Return each list with the next step of its items."""
    closed = {one.entry.id for one in found.answers if one.is_told}
    return {
        "drafts": [(card_of(entry, reader), action_address("edit", entry.id)) for entry in found.drafts],
        "reviews": [(card_of(one, reader), reasons_of(standing, reader, library)) for one, standing in found.reviews],
        "gaps": [(gap, _day(gap.due, reader), _writing(gap, reader)) for gap in found.gaps],
        "answers": [(one.query, card_of(one.entry, reader), one.entry.id in closed) for one in found.answers],
        "meeting": entry_address(found.meeting.id) if found.meeting else "",
    }


def _day(due: str, reader: Reader) -> str:
    return reader.date(date.fromisoformat(due)) if due else ""


def _writing(gap: GapRow, reader: Reader) -> str:
    return gap_address(proposed_kind(gap.wording, reader), gap.query, gap.wording)
