"""The pages to sign in and out, and the one-time link to set a password."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict

from app.http.body import need_own_form, posted_form
from app.http.dependencies import ReaderDep, ServicesDep, reader_of, services_of
from app.http.who import SESSION, VIEWER, session_of, viewer_of
from app.pages.view import render
from app.services import PeopleServices, Services
from app.settings import Settings
from app.signin.cookie import remove_secret, set_secret
from app.signin.device import device_of
from app.signin.interrupted import MOST_KEPT, Waiting, interrupted_by, local_address
from app.signin.middleware import PAGE
from app.signin.site import Site
from app.words.catalogue import LOCALES
from kb.people.errors import ProxyNeededError, WeakPasswordError
from kb.people.passwords import SHORTEST, refuse_weak
from kb.people.person import Person
from kb.viewer import NOBODY

WAY, BY_LINK = "password", "link"
ELSEWHERE = ("oidc", "proxy")  # where passwords are asked for, if at all, is not here
MOST_TYPED = 1_000  # characters of an address or password

router = APIRouter()


@router.get(PAGE)
def sign_in_page(request: Request, services: ServicesDep) -> Response:
    """Show where to sign in."""
    target = local_address(request.query_params.get("next", "")) or "/"
    if services.people.proxy is not None and not viewer_of(request).is_signed_in:
        return problem_page(request, ProxyNeededError().sentence, 401)
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
    if services.settings.auth != "local":  # who left the company has no account there, but perhaps a password here
        return RedirectResponse(PAGE if services.settings.auth == "oidc" else "/", 303)
    return await run_in_threadpool(_signed_in, request, services.people, form)


def _signed_in(request: Request, people: PeopleServices, form: ImmutableMultiDict[str, str]) -> Response:
    address, password = (form.get(name, "")[:MOST_TYPED] for name in ("address", "password"))
    target, waiting = sent_along(form)
    shown: dict[str, Any] = {"next": target, "waiting": waiting, "address": address}
    network = request.client.host if request.client else ""
    if wait := people.attempts.begin(address, network):
        return refused_page(request, shown, wait=wait)
    person = people.people.by_address(address)
    is_right = people.passwords.is_right(person, password)
    if person is None or not is_right or person.is_disabled:
        people.audit.note("sign-in-failed", viewer_of(request), person.id if person else "", way=WAY)
        return _page(request, {**shown, "is_wrong": True}, 401)
    people.attempts.succeeded(address, network)
    return welcomed(request, people, person, target, waiting)


def sent_along(form: ImmutableMultiDict[str, str]) -> tuple[str, Waiting | None]:
    """Return where somebody was going, and the form that waits, from a form to sign in."""
    target, to = (local_address(form.get(name, "")) for name in ("next", "to"))
    return target, Waiting(to, form.get("form", "")[:MOST_KEPT]) if to else None


def refused_page(request: Request, shown: dict[str, Any], *, problem: str = "", wait: int = 0) -> Response:
    """Show again where to sign in: with what is wrong, or how many seconds to wait."""
    said = reader_of(request).say(problem) if problem else ""
    response = _page(request, {**shown, "problem": said, "wait": wait}, 429 if wait else 401)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def welcomed(
    request: Request,
    people: PeopleServices,
    person: Person,
    target: str,
    waiting: Waiting | None,
    *,
    way: str = WAY,
) -> Response:
    """Begin a session in place of the browser's earlier one, and go where the person was going."""
    secret = _new_session(request, people, person, way)
    response: Response = RedirectResponse(target or "/", 303)
    if waiting is not None:
        response = render(request, "sign_in_again.html", {"waiting": waiting})
        response.headers["Cache-Control"] = "private, no-store"
    set_secret(request.scope, response, secret)
    return response


def begin_session(
    request: Request, response: Response, people: PeopleServices, person: Person, way: str, id_token: str = ""
) -> None:
    """Sign a person in with this response."""
    set_secret(request.scope, response, _new_session(request, people, person, way, id_token))


def _new_session(request: Request, people: PeopleServices, person: Person, way: str, id_token: str = "") -> str:
    """Return the secret of a new session, in which the rest of the request is; an earlier one of the browser ends."""
    people.audit.note("sign-in", person.viewer, way=way)
    if (earlier := session_of(request)) is not None:
        people.sessions.end(earlier.id)
    device = device_of(request.headers.get("user-agent", ""))
    secret = people.sessions.begin(person.id, device=device, way=way, id_token=id_token)
    state = request.scope["state"]
    state[VIEWER], state[SESSION] = person.viewer, people.sessions.find(secret)
    return secret


@router.post("/sign-out", dependencies=[Depends(need_own_form)])
def sign_out(request: Request, services: ServicesDep) -> Response:
    """End the session."""
    if (session := session_of(request)) is not None:
        services.people.sessions.end(session.id)
        services.people.audit.note("sign-out", viewer_of(request))
    return signed_out(request, services)


def signed_out(request: Request, services: Services) -> Response:
    """Leave after a session has ended: at the identity provider too, and the browser forgets the pages it kept."""
    end, session = "", session_of(request)
    if session is not None and services.people.provider is not None and session.id_token:
        end = services.people.provider.end_address(session.id_token, address_of(request, services.settings, PAGE))
    response = _leaving(request, end) if end else RedirectResponse(PAGE, 303)
    remove_secret(request.scope, response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _leaving(request: Request, end: str) -> Response:
    """Lead to the end of the provider's session: a redirect after a form would stay within our own host (CSP)."""
    response = render(request, "signed_out.html", {"end": end, "viewer": NOBODY, "is_known": False, "may_write": False})
    response.headers["Refresh"] = f"0; url={end}"
    return response


@router.get("/link/{secret}")
def link_page(request: Request, services: ServicesDep, secret: str) -> Response:
    """Show the form of a one-time link; looking at it uses nothing up, as scanners of mail do."""
    return link_answer(request, services.people.links.person_of(secret))


@router.post("/link/{secret}")
def uselink_answer(
    request: Request,
    services: ServicesDep,
    reader: ReaderDep,
    secret: str,
    form: Annotated[ImmutableMultiDict[str, str], Depends(posted_form)],
) -> Response:
    """Set the password of the person a link is for, end all other sessions and tokens, and sign in."""
    people, password = services.people, form.get("password", "")
    person = people.links.person_of(secret)
    if person is None:
        return link_answer(request, None)
    if services.settings.auth in ELSEWHERE:
        return _signed_in_by_link(request, people, secret)
    try:
        refuse_weak(password, person)  # before the link is used up
    except WeakPasswordError as error:
        return link_answer(request, person, reader.say(error.sentence))
    with people.audit.deed("person-changed", person.viewer, person.id, state="password"):
        person = people.links.use(secret)
        if person is None:
            return link_answer(request, None)
        people.passwords.set(person, password)
        people.passkeys.remove_all(person)  # what a link sets is all there is, as after a loss
        end_access(people, person)
    return welcomed(request, people, person, "", None)


def _signed_in_by_link(request: Request, people: PeopleServices, secret: str) -> Response:
    """Sign somebody in without the provider or the proxy, which asks for no password of ours."""
    person = people.links.use(secret)
    return link_answer(request, None) if person is None else welcomed(request, people, person, "", None, way=BY_LINK)


def end_access(people: PeopleServices, person: Person, *, tokens: bool = True, but: str = "") -> None:
    """End a person's sessions, except one, and their tokens with the address of their feed."""
    people.sessions.end_all(person.id, but=but)
    if tokens and people.feeds.end(person.id):
        people.audit.note("token-revoked", person.viewer, "feed")
    for token in people.tokens.revoke_all(person.id) if tokens else ():
        people.audit.note("token-revoked", person.viewer, token.id, name=token.name)


def link_answer(request: Request, person: Person | None, problem: str = "") -> Response:
    """Show the form of a one-time link, or that there is no such link."""
    services, status = services_of(request), 410 if person is None else 422 if problem else 200
    people = services.people
    context = {
        "person": person,
        "problem": problem,
        "least": SHORTEST,
        "action": request.url.path.removesuffix("/passkey"),
        "offers_passkeys": person is not None and services.settings.auth == "local" and site_of(request).is_possible,
        "replaces": person is not None and _has_access(people, person),
        "sets_password": services.settings.auth not in ELSEWHERE,
    }
    response = render(request, "link.html", context, status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _has_access(people: PeopleServices, person: Person) -> bool:
    """Whether a person has anything that a link ends."""
    return people.passwords.has(person) or bool(people.passkeys.of(person.id) or people.tokens.living(person.id))


def problem_page(request: Request, problem: str, status: int) -> Response:
    """Show where to sign in, and why that did not work."""
    reader = reader_of(request)
    other = next(locale for locale in LOCALES if locale != reader.locale)
    # not the address asked for: what a provider sent along is of use once, and nothing to repeat
    return _page(request, {"problem": reader.say(problem), "other_address": f"{PAGE}?lang={other}"}, status)


def address_of(request: Request, settings: Settings, path: str) -> str:
    """Return the whole address of one of our pages, as browsers see it."""
    return f"{(settings.public_url or str(request.base_url)).rstrip('/')}{path}"


def site_of(request: Request) -> Site:
    """Return where the browser is. What it says in Origin was compared with our hosts (`app/http/security.py`)."""
    return Site(request.headers.get("origin") or address_of(request, services_of(request).settings, ""))


def _page(request: Request, shown: dict[str, Any], status: int = 200) -> Response:
    services = services_of(request)
    is_local = services.settings.auth == "local"
    context = {
        "next": "",
        "waiting": None,
        "address": "",
        "wait": 0,
        "is_wrong": False,
        "problem": "",
        **shown,
        "is_first": is_local and not services.people.people.all(),
        "provider": services.people.provider.label if services.people.provider else "",
        "is_local": is_local,
        "offers_passkeys": is_local and site_of(request).is_possible,
    }
    wait = reader_of(request).counted("signin.wait", context["wait"]) if context["wait"] else ""
    response = render(request, "sign_in.html", {**context, "wait": wait}, status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
