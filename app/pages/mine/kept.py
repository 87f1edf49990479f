"""What is kept of whoever is asking: shown, exported and deleted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.asker import askers_of
from app.http.body import posted_form
from app.http.dependencies import ActivityDep, GapBoardDep, LibraryDep, ReaderDep, services_of
from app.http.exported import note_export
from app.http.names import names_of
from app.http.who import viewer_of
from app.pages.cards import card_of
from app.pages.view import render
from app.services import PeopleServices
from kb.entry import owner_key as folded
from kb.loop.activity import Activity

PAGE = "/me/data"
SHOWN = 100  # searches; the export has all

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one person besides the entries."""

    person: dict[str, Any]  # the account; empty where nobody signs in
    sessions: list[dict[str, str]]
    names: list[str]  # in entries
    searches: list[dict[str, str]]
    helpful: list[str]  # ids of entries
    gaps: list[str]  # taken, as people searched
    mail: dict[str, Any]  # what was chosen and sent, and since when there is a personal feed


@router.get(PAGE)
def kept_page(request: Request, library: LibraryDep, activity: ActivityDep, reader: ReaderDep) -> Response:
    """Show what is kept."""
    kept = kept_of(request, activity)
    known = library.entries.summaries(kept.helpful[:SHOWN])  # what one may no longer see has no title here
    context = {
        "kept": kept,
        "sessions": [(one["device"], reader.moment(datetime.fromisoformat(one["seen"]))) for one in kept.sessions],
        "helpful": [card_of(known[one], reader) for one in kept.helpful if one in known],
        "most": SHOWN,
        "deleted": bool(request.query_params.get("deleted")),
    }
    return render(request, "kept.html", context | {"days": services_of(request).settings.keep_searches})


@router.get(f"{PAGE}.json")
def export(request: Request, activity: ActivityDep) -> Response:
    """Return what is kept as a file."""
    kept = kept_of(request, activity)
    note_export(request, "own-data", "json", len(kept.searches))
    content = json.dumps({name: getattr(kept, name) for name in Kept.__slots__}, ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": "private, no-store"}
    return Response(content, media_type="application/json", headers=headers)


@router.post(f"{PAGE}/delete")
def forget(request: Request, activity: ActivityDep, gap_board: GapBoardDep, form: Form) -> Response:
    """Delete searches and marks. Raises ActivityUnavailableError."""
    activity.forget_asker(askers_of(request))
    services_of(request).people.audit.note("searches-deleted", viewer_of(request))
    gap_board.forget_cached()
    return RedirectResponse(f"{PAGE}?deleted=1", 303)


def kept_of(request: Request, activity: Activity) -> Kept:
    """Return what is kept of whoever is asking."""
    viewer, askers, names = viewer_of(request), askers_of(request), names_of(request)
    account: dict[str, Any] = {}
    sessions: list[dict[str, str]] = []
    mail: dict[str, Any] = {}
    linked = [] if viewer.is_signed_in else sorted(names)
    if viewer.is_signed_in:
        people = services_of(request).people
        person = people.people.get(viewer.person)
        account = {"address": person.address, "name": person.name, "role": person.role, "teams": sorted(person.teams)}
        account |= {"since": person.made_at.isoformat(timespec="seconds")}
        sessions = [
            {
                "device": one.device,
                "begun": one.begun_at.isoformat("T", "minutes"),
                "seen": one.seen_at.isoformat("T", "minutes"),
            }
            for one in people.sessions.of(viewer.person)
        ]
        linked = [name for name, owner in people.names.links() if owner == viewer.person]
        mail = _mail_of(people, viewer.person)
    searches = [{"at": one.at, "query": one.query, "deal": one.deal} for one in activity.searches_of(askers)]
    gaps = [gap.wording for gap in activity.gaps().values() if gap.owner and folded(gap.owner) in names]
    return Kept(account, sessions, linked, searches, activity.helpful_to(askers), gaps, mail)


def _mail_of(people: PeopleServices, person: str) -> dict[str, Any]:
    known = next((one for one in people.mailing.recipients() if one.person == person), None)
    letters = people.mailing.of_recipient(known) if known else []
    feed = people.feeds.made_at(person)
    return {
        "language": known.language if known else "",
        "stopped": sorted(known.stopped) if known else [],
        "letters": [
            {"kind": one.kind, "about": one.about, "at": one.at.isoformat("T", "minutes"), "state": one.state}
            for one in letters
        ],
        "feed_since": feed.isoformat("T", "minutes") if feed else "",
    }
