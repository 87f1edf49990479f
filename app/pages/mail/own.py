"""A person's own page of what comes by mail and by feed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import ReaderDep, ServicesDep
from app.http.who import ViewerDep
from app.pages.feed import base_of
from app.pages.people.view import once
from app.pages.view import render
from app.services import Services
from app.words.catalogue import LOCALES
from app.words.reader import Reader
from kb.people.mailing import KINDS, Kind
from kb.viewer import Viewer

PAGE = "/me/mail"
DONE = ("chosen", "ended")

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.get(PAGE)
def own_mail(request: Request, services: ServicesDep, reader: ReaderDep, viewer: ViewerDep, done: str = "") -> Response:
    """Show what somebody gets."""
    if not viewer.is_signed_in:
        return RedirectResponse("/mine", 303)
    return _page(request, services, reader, viewer, done=reader(f"mail.done_{done}") if done in DONE else "")


@router.post(PAGE)
def choose(services: ServicesDep, viewer: ViewerDep, form: Form) -> Response:
    """Keep which mail somebody wants, and in which language."""
    if not viewer.is_signed_in:
        return RedirectResponse("/mine", 303)
    mailing = services.people.mailing
    recipient, offered, wanted = mailing.of_person(viewer.person), _offered(services, viewer), form.getlist("kind")
    stopped = {kind for kind in KINDS if (kind not in wanted if kind in offered else kind in recipient.stopped)}
    language = form.get("language", "")
    mailing.choose(recipient.id, language if language in LOCALES else recipient.language, stopped)
    return RedirectResponse(f"{PAGE}?done=chosen", 303)


@router.post("/me/feed")
def feed_address(request: Request, services: ServicesDep, reader: ReaderDep, viewer: ViewerDep, form: Form) -> Response:
    """Make the personal address of the feed and show it this one time, or end it."""
    if not viewer.is_signed_in:
        return RedirectResponse("/mine", 303)
    people = services.people
    if form.get("do") == "make":
        with people.audit.deed("token-made", viewer, "feed"):
            secret = people.feeds.make(viewer.person)
        address = f"{base_of(request)}/feeds/{secret}.atom?lang={reader.locale}"
        return once(_page(request, services, reader, viewer, address=address))
    if form.get("do") == "end" and people.feeds.end(viewer.person):
        people.audit.note("token-revoked", viewer, "feed")
    return RedirectResponse(f"{PAGE}?done=ended#feed", 303)


def _offered(services: Services, viewer: Viewer) -> list[Kind]:
    """Return the kinds of mail that somebody could get."""
    settings = services.settings
    if not settings.sends_mail:
        return []
    asks = settings.ask_reasons and viewer.is_at_least("author")
    return ["digest", *(["question"] if asks else [])]  # type: ignore[list-item]


def _page(request: Request, services: Services, reader: Reader, viewer: Viewer, **more: Any) -> Response:
    people = services.people
    person, known = people.people.get(viewer.person), people.mailing.recipients()
    recipient = next((one for one in known if one.person == viewer.person), None)
    stopped = recipient.stopped if recipient else frozenset()
    context = {
        "kinds": [(kind, kind not in stopped) for kind in _offered(services, viewer)],
        "mail_address": person.address,
        "language": (recipient.language if recipient else "") or services.settings.mail_language,
        "feed_since": reader.moment(people.feeds.made_at(viewer.person)),
    }
    return render(request, "own_mail.html", {**context, **more})
