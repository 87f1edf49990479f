"""A person's own page: role and teams, devices, passkeys, password."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import ReaderDep, ServicesDep, reader_of, services_of
from app.http.who import session_of, viewer_of
from app.pages.view import render
from app.signin.pages import begin_session, end_access, signed_out, site_of
from app.words.token_view import teams_of
from kb.people.errors import WeakPasswordError
from kb.people.passwords import SHORTEST
from kb.people.sessions import Session

ME = "/me"
DONE = ("password", "ended", "ended_others", "passkey_added", "passkey_removed")

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.get(ME)
def me_page(request: Request, services: ServicesDep) -> Response:
    """Show who one is here; whom a proxy vouches for has no session, but a role and teams."""
    session, viewer = session_of(request), viewer_of(request)
    if session is None and viewer.is_signed_in:
        person = services.people.people.get(viewer.person)
        return _own(request, {"person": person, "teams": teams_of(person.teams, reader_of(request))})
    return account_page(request, session) if session else RedirectResponse("/", 303)


@router.post(f"{ME}/sessions")
def end_sessions(request: Request, services: ServicesDep, form: Form) -> Response:
    """End one of the person's sessions, all but this one, or all of them; with the latter two the tokens, if wanted."""
    session, people = session_of(request), services.people
    if session is None:
        return RedirectResponse("/", 303)
    person, which = session.person, form.get("which", "")
    if which in ("all", "others"):
        people.audit.note("sign-out", person.viewer, which=which)
        end_access(people, person, tokens="tokens" in form, but=session.id if which == "others" else "")
        others = RedirectResponse(f"{ME}?done=ended_others", 303)
        return signed_out(request, services) if which == "all" else others
    if which in [own.id for own in people.sessions.of(person.id)]:
        people.sessions.end(which)
        people.audit.note("sign-out", person.viewer, which="one")
    return RedirectResponse(f"{ME}?done=ended", 303)


@router.post(f"{ME}/password")
def change_password(request: Request, services: ServicesDep, reader: ReaderDep, form: Form) -> Response:
    """Set another password, for who knows the present one; all other sessions end."""
    session, people = session_of(request), services.people
    if session is None:
        return RedirectResponse("/", 303)
    person, network = session.person, request.client.host if request.client else ""
    if wait := people.attempts.begin(person.address, network):
        response = account_page(request, session, reader.counted("signin.wait", wait), 429)
        response.headers["Retry-After"] = str(wait)
        return response
    if not people.passwords.is_right(person, form.get("present", "")):
        return account_page(request, session, reader("me.wrong_password"), 422)
    people.attempts.succeeded(person.address, network)
    try:
        with people.audit.deed("person-changed", person.viewer, person.id, state="password"):
            people.passwords.set(person, form.get("password", ""))
    except WeakPasswordError as error:
        return account_page(request, session, reader.say(error.sentence), 422)
    people.sessions.end_all(person.id, but=session.id)
    changed = RedirectResponse(f"{ME}?done=password", 303)
    begin_session(request, changed, people, person, session.way, session.id_token)
    return changed


def account_page(request: Request, session: Session, problem: str = "", status: int = 200) -> Response:
    """Show somebody's own page, with what is wrong."""
    reader, services, person = reader_of(request), services_of(request), session.person
    people, is_local = services.people, services.settings.auth == "local"
    done = request.query_params.get("done", "")
    devices = [
        (own, own.device or reader("me.some_device"), reader.moment(own.seen_at))
        for own in people.sessions.of(person.id)
    ]
    passkeys = [
        (own, own.name or reader("me.passkey"), reader.moment(own.made_at), reader.moment(own.used_at))
        for own in (people.passkeys.of(person.id) if is_local else ())
    ]
    context = {
        "person": person,
        "teams": teams_of(person.teams, reader),
        "devices": devices,
        "here": session.id,
        "passkeys": passkeys,
        "tokens": len(people.tokens.living(person.id)),
        "offers_passkeys": is_local and site_of(request).is_possible,
        "has_password": people.passwords.has(person),
        "least": SHORTEST,
        "problem": problem,
        "done": reader(f"me.done_{done}") if done in DONE else "",
    }
    return _own(request, context, status)


def _own(request: Request, context: dict[str, Any], status: int = 200) -> Response:
    has_groups = services_of(request).settings.follows_groups
    response = render(request, "me.html", {**context, "has_groups": has_groups}, status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
