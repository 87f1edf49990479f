"""What was sent by mail, for administrators."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from app.http.dependencies import ReaderDep, ServicesDep
from app.pages.people.view import tabs
from app.pages.view import render
from app.services import Services
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
    is_well: bool
    why: str


@router.get(PAGE)
def sent_mail(request: Request, services: ServicesDep, reader: ReaderDep) -> Response:
    """List the letters that changed last."""
    settings = services.settings
    context = {
        "tabs": tabs(PAGE, reader),
        "letters": _letters(services, reader),
        "sends_mail": settings.sends_mail,
        "digest": settings.digest,
        "asks": settings.ask_reasons and settings.auth != "none",
    }
    return render(request, "sent_mail.html", context)


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
            state=reader(f"mail.state_{one.state}"),
            is_well=one.state in ("sent", "sending"),
            why=one.why,
        )
        for one in people.mailing.recent(MOST)
    ]
