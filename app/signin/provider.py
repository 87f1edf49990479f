"""The way to the identity provider and back."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from app.http.dependencies import ServicesDep
from app.http.noting import address_of as network_address
from app.http.who import viewer_of
from app.services import PeopleServices, Services
from app.signin.errors import EXPIRED, need_code
from app.signin.interrupted import local_address
from app.signin.met import met
from app.signin.middleware import PAGE
from app.signin.pages import address_of, begin_session, problem_page
from kb.errors import KBError
from kb.people.begun import LASTS, Begun
from kb.people.errors import (
    AddressTakenError,
    BadPersonError,
    ProviderAwayError,
    SignInRefusedError,
    disabled,
)
from kb.people.secret import new_secret

if TYPE_CHECKING:
    from app.signin.oidc import Provider

BEGIN, BACK = f"{PAGE}/oidc", f"{PAGE}/oidc/back"
WAY = "oidc"
COOKIE = "begun"  # the secret of a browser that is on its way to the provider
MOST_SENT = 8_000  # characters of a code; the longest known have 2,000
RETRY_SECONDS = 10

router = APIRouter()


@router.get(BEGIN)
def begin(request: Request, services: ServicesDep) -> Response:
    """Send the browser to the provider."""
    provider, target = _provider(services), local_address(request.query_params.get("next", "")) or "/"
    browser = _browser(request) or new_secret()
    begun = services.people.begun.begin(browser, target, network_address(request.scope))
    try:
        response = RedirectResponse(provider.address(begun, address_of(request, services.settings, BACK)), 303)
    except ProviderAwayError as error:
        return _away(request, error, again=f"{BEGIN}?next={quote(target)}")
    is_tls = request.url.scheme == "https"
    seconds = int(LASTS.total_seconds())
    response.set_cookie(
        _cookie(request), browser, max_age=seconds, path="/", secure=is_tls, httponly=True, samesite="lax"
    )
    return response


@router.get(BACK)
def come_back(request: Request, services: ServicesDep) -> Response:
    """Take the browser back from the provider, which sent along a code or an error."""
    provider, sent = _provider(services), request.query_params
    begun = services.people.begun.take(sent.get("state", ""), _browser(request))
    try:
        if begun is None:
            raise SignInRefusedError(EXPIRED)
        need_code(sent.get("error", ""), sent.get("error_description", ""))
        return _finished(request, services, provider, begun)
    except ProviderAwayError as error:
        _note_failure(services.people, request, error)
        return _away(request, error, again=BEGIN)
    except (SignInRefusedError, AddressTakenError, BadPersonError) as error:
        if begun is not None:  # else anybody could fill the log
            _note_failure(services.people, request, error)
        return problem_page(request, error.sentence, 403)


def _finished(request: Request, services: Services, provider: Provider, begun: Begun) -> Response:
    people: PeopleServices = services.people
    sent = request.query_params
    code, back = sent.get("code", "")[:MOST_SENT], address_of(request, services.settings, BACK)
    done = provider.finish(begun, code, back, sent.get("iss", ""))
    person = met(people.people, people.audit, done.identity)
    if person.is_disabled:
        raise disabled()
    response = RedirectResponse(begun.next, 303)
    begin_session(request, response, people, person, WAY, done.id_token)
    return response


def _note_failure(people: PeopleServices, request: Request, error: KBError) -> None:
    """Log a failure; no more than a network may guess passwords, since anybody can begin a sign-in and let it fail."""
    state = request.query_params.get("state", "")
    if not people.attempts.begin(f"{WAY} {state[:100]}", network_address(request.scope)):
        people.audit.note("sign-in-failed", viewer_of(request), way=WAY, why=error.sentence)


def _provider(services: Services) -> Provider:
    if services.people.provider is None:
        raise HTTPException(404)
    return services.people.provider


def _away(request: Request, error: ProviderAwayError, again: str) -> Response:
    response = problem_page(request, error.sentence, 503)
    response.headers["Refresh"] = f"{RETRY_SECONDS}; url={again}"
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _cookie(request: Request) -> str:
    """Return the cookie's name; behind TLS no other host of the domain can set it."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def _browser(request: Request) -> str:
    """Return the browser's secret; empty if it has none."""
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(_cookie(request))
    except CookieError:
        return ""
    return found.value[:100] if found else ""
