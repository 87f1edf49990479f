"""Signing in with a passkey, and making one: on one's own page, or with a one-time link instead of a password.

What checks passkeys is loaded when the first one is asked for: it takes memory that most servers need not spend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException

from app.http.body import posted_form
from app.http.csrf import token_of
from app.http.dependencies import ReaderDep, ServicesDep
from app.http.noting import address_of as network_address
from app.http.who import session_of, viewer_of
from app.services import PeopleServices, Services
from app.signin.device import device_of
from app.signin.me import ME, account_page
from app.signin.middleware import PAGE
from app.signin.pages import (
    end_access,
    link_answer,
    refused_page,
    sent_along,
    site_of,
    welcomed,
)
from kb.people.errors import (
    BadPasskeyError,
    LastWayError,
    PasskeyRefusedError,
    PersonNotFoundError,
    SignInNeededError,
)
from kb.people.person import Person
from kb.people.sessions import Session
from kb.wording import say

if TYPE_CHECKING:
    from app.signin.ceremony import Answer

WAY = "passkey"

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.post(f"{PAGE}/passkey/begin")
def begin(request: Request, services: ServicesDep) -> Response:
    """Ask for a passkey of anybody."""
    from app.signin.ceremony import to_sign_in

    people = _people(services)
    begun = people.begun.begin(token_of(request), "", network_address(request.scope))
    return _options(to_sign_in(site_of(request), begun.state))


@router.post(f"{PAGE}/passkey")
def sign_in(request: Request, services: ServicesDep, form: Form) -> Response:
    """Check what the passkey signed, and sign its person in."""
    people, network = _people(services), request.client.host if request.client else ""
    target, waiting = sent_along(form)
    shown = {"next": target, "waiting": waiting}
    try:
        answer = _taken(request, people, form, "")
    except PasskeyRefusedError as error:  # counted too: each leaves a row in the audit log
        wait = people.attempts.begin(f"{WAY} {network}", network)
        return refused_page(request, shown, wait=wait) if wait else _failed(request, people, shown, error)
    if wait := people.attempts.begin(answer.key_id, network):
        return refused_page(request, shown, wait=wait)
    try:
        person = _signed_in(request, people, answer)
    except PasskeyRefusedError as error:
        return _failed(request, people, shown, error)
    people.attempts.succeeded(answer.key_id, network)
    return welcomed(request, people, person, target, waiting, way=WAY)


def _failed(request: Request, people: PeopleServices, shown: dict[str, Any], error: PasskeyRefusedError) -> Response:
    people.audit.note("sign-in-failed", viewer_of(request), way=WAY, why=error.reason)
    return refused_page(request, shown, problem=error.sentence)


@router.post(f"{ME}/passkeys/begin")
def begin_adding(request: Request, services: ServicesDep) -> Response:
    """Ask for a new passkey of whoever is signed in."""
    people, session = _people(services), session_of(request)
    if session is None:
        raise SignInNeededError
    _need_fresh(services, session)
    return _registration(request, people, session.person)


@router.post(f"{ME}/passkeys")
def add(request: Request, services: ServicesDep, reader: ReaderDep, form: Form) -> Response:
    """Add a passkey to one's account."""
    from app.signin.ceremony import check_registration

    people, session = _people(services), session_of(request)
    if session is None:
        return RedirectResponse("/", 303)
    person, name = session.person, _name(request, form)
    try:
        _need_fresh(services, session)
        key = check_registration(_taken(request, people, form, person.id), site_of(request))
        with people.audit.deed("passkey-added", person.viewer, person.id, name=name):
            people.passkeys.add(person, *key, name)
    except (BadPasskeyError, PasskeyRefusedError) as error:
        return account_page(request, session, reader.say(error.sentence), 422)
    return RedirectResponse(f"{ME}?done=passkey_added", 303)


@router.post(f"{ME}/passkeys/remove")
def remove(request: Request, services: ServicesDep, reader: ReaderDep, form: Form) -> Response:
    """Remove one of one's passkeys."""
    people, session = _people(services), session_of(request)
    if session is None:
        return RedirectResponse("/", 303)
    try:
        removed = people.passkeys.remove(session.person, form.get("passkey", ""))
    except LastWayError as error:
        return account_page(request, session, reader.say(error.sentence), 409)
    if removed is not None:
        people.audit.note("passkey-removed", session.person.viewer, session.person.id, name=removed.name)
    return RedirectResponse(f"{ME}?done=passkey_removed", 303)


@router.post("/link/{secret}/passkey/begin")
def begin_by_link(request: Request, services: ServicesDep, secret: str) -> Response:
    """Ask for the first passkey of the person a one-time link is for."""
    people = _people(services)
    person = people.links.person_of(secret)
    if person is None:
        raise HTTPException(410)
    return _registration(request, people, person)


@router.post("/link/{secret}/passkey")
def use_link(request: Request, services: ServicesDep, reader: ReaderDep, secret: str, form: Form) -> Response:
    """Make a passkey the only way in of the person a link is for, end all other sessions, and sign in."""
    from app.signin.ceremony import check_registration

    people, name = _people(services), _name(request, form)
    person = people.links.person_of(secret)
    if person is None:
        return link_answer(request, None)
    try:
        key = check_registration(_taken(request, people, form, person.id), site_of(request))
        with people.audit.deed("passkey-added", person.viewer, person.id, name=name):
            person = people.links.use(secret)
            if person is None:
                return link_answer(request, None)
            people.passkeys.set_only(person, *key, name)
            end_access(people, person)
    except PasskeyRefusedError as error:
        return link_answer(request, person, reader.say(error.sentence))
    return welcomed(request, people, person, "", None, way=WAY)


def _people(services: Services) -> PeopleServices:
    if services.settings.auth != "local":  # a provider or a proxy says who may sign in
        raise HTTPException(404)
    return services.people


def _registration(request: Request, people: PeopleServices, person: Person) -> Response:
    from app.signin.ceremony import to_register

    begun = people.begun.begin(token_of(request) + person.id, "", network_address(request.scope))
    return _options(to_register(person, site_of(request), begun.state, people.passkeys.of(person.id)))


def _options(options: str) -> Response:
    return Response(options, media_type="application/json", headers={"Cache-Control": "private, no-store"})


def _taken(request: Request, people: PeopleServices, form: ImmutableMultiDict[str, str], person: str) -> Answer:
    """Return the answer to a challenge that this browser was given; it answers no second one."""
    from app.signin.ceremony import read_answer

    answer = read_answer(form.get("credential", ""))
    if people.begun.take(answer.challenge, token_of(request) + person) is None:
        raise PasskeyRefusedError("challenge")
    return answer


def _signed_in(request: Request, people: PeopleServices, answer: Answer) -> Person:
    """Return the person of a passkey. Raises PasskeyRefusedError."""
    from app.signin.ceremony import check_sign_in

    passkey = people.passkeys.get(answer.key_id)
    if passkey is None:
        raise PasskeyRefusedError("unknown")
    counter = check_sign_in(answer, site_of(request), passkey)
    try:
        person = people.people.get(passkey.person)
    except PersonNotFoundError as error:
        raise PasskeyRefusedError("unknown") from error
    if person.is_disabled:
        raise PasskeyRefusedError("disabled")
    people.passkeys.used(passkey, counter)
    return person


def _need_fresh(services: Services, session: Session) -> None:
    if not session.is_fresh(services.clock.now()):
        raise BadPasskeyError(say("Add a passkey within 15 minutes of signing in. Sign out and in again, then add it."))


def _name(request: Request, form: ImmutableMultiDict[str, str]) -> str:
    return form.get("name", "").strip() or device_of(request.headers.get("user-agent", ""))
