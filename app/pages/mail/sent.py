"""What was sent by mail, for administrators."""

from __future__ import annotations

from dataclasses import dataclass

from babel.dates import get_day_names
from fastapi import APIRouter, Request, Response

from app.http.dependencies import ReaderDep, ServicesDep
from app.pages.people.view import tabs
from app.pages.view import render
from app.services import Services
from app.words.mail_replies import explained
from app.words.reader import Reader

PAGE = "/people/mail"
MOST = 200

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter on the page. The deal of a question is not named: it may be private."""

    name: str
    what: str
    at: str
    state: str
    why: str


@router.get(PAGE)
def sent_mail(request: Request, services: ServicesDep, reader: ReaderDep) -> Response:
    """List the letters that changed last."""
    settings = services.settings
    context = {
        "tabs": tabs(PAGE, reader),
        "letters": _letters(services, reader),
        "sends_mail": settings.sends_mail,
        "digest": _when(settings.digest, reader),
        "asks": settings.ask_reasons and settings.auth != "none",
    }
    return render(request, "sent_mail.html", context)


def _when(weekly: str, reader: Reader) -> str:
    """Return the time of the digest in words; empty if the server sends none."""
    if not weekly:
        return ""
    from app.mail.server import Weekly  # only where mail is set up

    at = Weekly.of(weekly)
    day = get_day_names("wide", locale=reader.locale)[at.weekday]
    return reader("mail.sent_when", day=day, time=f"{at.at:%H:%M}")


def _letters(services: Services, reader: Reader) -> list[Shown]:
    people = services.people
    names = {person.id: person.name for person in people.people.all()}
    known = {one.id: names.get(one.person, "") or one.address for one in people.mailing.recipients()}
    return [
        Shown(
            name=known.get(one.recipient, ""),
            what=reader("mail.kind_digest_of", week=one.about)
            if one.kind == "digest"
            else reader("mail.kind_question"),
            at=reader.moment(one.at),
            state=reader("mail.state_planned" if one.state == "waiting" and not one.why else f"mail.state_{one.state}"),
            why=explained(one.why, reader),
        )
        for one in people.mailing.recent(MOST)
    ]
