"""Stop a kind of mail by the signed link in it, without signing in; the link does nothing else."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.http.dependencies import ServicesDep
from app.pages.view import render
from app.services import Services
from kb.errors import ForbiddenError
from kb.people.mailing import Kind, Recipient
from kb.wording import say

PAGE = "/unsubscribe"

router = APIRouter()  # not among the pages: what the mail program of somebody sends has no token of a form


@router.get(f"{PAGE}/{{link}}")
def ask(request: Request, services: ServicesDep, link: str) -> Response:
    """Ask whether to stop: programs that only look at links must stop nothing."""
    recipient, kind = _meant(services, link)
    return _page(request, kind, is_stopped=kind in recipient.stopped)


@router.post(f"{PAGE}/{{link}}")
def stop(request: Request, services: ServicesDep, link: str) -> Response:
    """Stop it, also with the one click of a mail program (RFC 8058)."""
    recipient, kind = _meant(services, link)
    services.people.mailing.stop(recipient.id, kind)
    return _page(request, kind, is_stopped=True)


def _meant(services: Services, link: str) -> tuple[Recipient, Kind]:
    found = services.people.mailing.by_link(link)
    if found is None:
        raise ForbiddenError(say("This link is not one of ours, or it is cut off. Use the whole link of the mail."))
    return found


def _page(request: Request, kind: Kind, *, is_stopped: bool) -> Response:
    context = {"kind": kind, "is_stopped": is_stopped, "address": request.url.path}
    response = render(request, "unsubscribe.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response
