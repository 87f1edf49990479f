"""The pages to sign in and out, and the one-time link to set a password."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import ReaderDep, ServicesDep, reader_of, services_of
from app.http.who import session_of, viewer_of
from app.pages.view import render
from app.services import PeopleServices
from app.signin.cookie import remove_secret, set_secret
from app.signin.device import device_of
from app.signin.interrupted import MOST_KEPT, Waiting, interrupted_by, local_address
from app.signin.middleware import PAGE
from kb.errors import WeakPasswordError
from kb.people.passwords import SHORTEST, refuse_weak
from kb.people.person import Person

WAY = "password"
MOST_TYPED = 1_000  # characters of an address or password

router = APIRouter()


@router.get(PAGE)
def sign_in_page(request: Request, services: ServicesDep) -> Response:
    """Show where to sign in."""
    target = local_address(request.query_params.get("next", "")) or "/"
    if services.settings.auth == "none" or viewer_of(request).is_signed_in:
        return RedirectResponse(target, 303)
    return _page(request, {"next": target if target != "/" else ""})


@router.post(PAGE)
async def sign_in(request: Request, services: ServicesDep) -> Response:
    """Check address and password; or, in the place of a form whose session had ended, ask for them."""
    waiting = await interrupted_by(request)
    if waiting is not None:
        return await run_in_threadpool(_page, request, {"waiting": waiting}, 401)
    form = await posted_form(request)
    if services.settings.auth == "none":
        return RedirectResponse("/", 303)
    return await run_in_threadpool(_signed_in, request, services.people, form)


def _signed_in(request: Request, people: PeopleServices, form: ImmutableMultiDict[str, str]) -> Response:
    address, password = (form.get(name, "")[:MOST_TYPED] for name in ("address", "password"))
    target, to = (local_address(form.get(name, "")) for name in ("next", "to"))
    waiting = Waiting(to, form.get("form", "")[:MOST_KEPT]) if to else None
    shown: dict[str, Any] = {"next": target, "waiting": waiting, "address": address}
    network = request.client.host if request.client else ""
    if wait := people.attempts.begin(address, network):
        response = _page(request, {**shown, "wait": wait}, 429)
        response.headers["Retry-After"] = str(wait)
        return response
    person = people.people.by_address(address)
    is_right = people.passwords.is_right(person, password)
    if person is None or not is_right or person.is_disabled:
        return _page(request, {**shown, "is_wrong": True}, 401)
    people.attempts.succeeded(address, network)
    return _welcomed(request, people, person, target, waiting)


def _welcomed(
    request: Request, people: PeopleServices, person: Person, target: str, waiting: Waiting | None
) -> Response:
    """Begin a session in place of the browser's earlier one, and go where the person was going."""
    response: Response = RedirectResponse(target or "/", 303)
    if waiting is not None:
        response = render(request, "sign_in_again.html", {"waiting": waiting})
        response.headers["Cache-Control"] = "private, no-store"
    begin_session(request, response, people, person, WAY)
    return response


def begin_session(
    request: Request, response: Response, people: PeopleServices, person: Person, way: str, id_token: str = ""
) -> None:
    """Sign a person in with this response: a new secret, whatever the browser had before."""
    if (earlier := session_of(request)) is not None:
        people.sessions.end(earlier.id)
    device = device_of(request.headers.get("user-agent", ""))
    set_secret(request.scope, response, people.sessions.begin(person.id, device=device, way=way, id_token=id_token))


@router.post("/sign-out")
def sign_out(request: Request, services: ServicesDep) -> Response:
    """End the session; the browser forgets the pages it kept."""
    if (session := session_of(request)) is not None:
        services.people.sessions.end(session.id)
    response = RedirectResponse(PAGE, 303)
    remove_secret(request.scope, response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.get("/link/{secret}")
def link_page(request: Request, services: ServicesDep, secret: str) -> Response:
    """Show the form of a one-time link; looking at it uses nothing up, as scanners of mail do."""
    return _link(request, services.people.links.person_of(secret))


@router.post("/link/{secret}")
def use_link(
    request: Request,
    services: ServicesDep,
    reader: ReaderDep,
    secret: str,
    form: Annotated[ImmutableMultiDict[str, str], Depends(posted_form)],
) -> Response:
    """Set the password of the person a link is for, end all other sessions, and sign in."""
    people, password = services.people, form.get("password", "")
    person = people.links.person_of(secret)
    if person is None:
        return _link(request, None)
    try:
        refuse_weak(password, person)  # before the link is used up
    except WeakPasswordError as error:
        return _link(request, person, reader.say(error.sentence))
    person = people.links.use(secret)
    if person is None:
        return _link(request, None)
    people.passwords.set(person, password)
    people.sessions.end_all(person.id)
    return _welcomed(request, people, person, "", None)


def _link(request: Request, person: Person | None, problem: str = "") -> Response:
    status = 410 if person is None else 422 if problem else 200
    response = render(request, "link.html", {"person": person, "problem": problem, "least": SHORTEST}, status)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is a secret
    return response


def _page(request: Request, shown: dict[str, Any], status: int = 200) -> Response:
    is_first = not services_of(request).people.people.all()
    context = {"next": "", "waiting": None, "address": "", "wait": 0, "is_wrong": False, **shown, "is_first": is_first}
    wait = reader_of(request).counted("signin.wait", context["wait"]) if context["wait"] else ""
    response = render(request, "sign_in.html", {**context, "wait": wait}, status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
