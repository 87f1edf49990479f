"""Every request has a viewer, or ends at the sign-in page: the only way to what is kept here."""

from __future__ import annotations

from urllib.parse import quote

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.errors import FOR_PROGRAMS, error_answer, wants_page
from app.http.rates import Rates, RatesMiddleware
from app.http.who import SESSION, TOKEN, TOKEN_NAME, VIEWER
from app.services import Services
from app.signin.cookie import set_secret
from app.signin.finding import Found, found_in
from app.words.addresses import path_address
from kb.people.errors import (
    AddressTakenError,
    BadPersonError,
    PeopleUnavailableError,
    ProviderAwayError,
    ProxyNeededError,
    SignInNeededError,
    SignInRefusedError,
    TokensUnusedError,
)
from kb.people.tokens import PREFIX
from kb.viewer import NOBODY, OPERATOR

PAGE = "/sign-in"
OPEN = ("/healthz", "/readyz", PAGE, "/slack/events")  # without signing in; Slack signs its requests
OPEN_BELOW = ("/static/", f"{PAGE}/", "/link/", "/unsubscribe/")
INTERRUPTED = "interrupted"  # attribute of the request state: the path of a form whose session had ended
OF_PROXY = (SignInRefusedError, ProviderAwayError, AddressTakenError, BadPersonError)  # why it vouches for nobody
READING = ("GET", "HEAD")
NEVER_SHARED = "private, no-store"
ABOUT_PEOPLE = ("/me", "/people")  # and what is below: on no disk


class ViewerMiddleware:
    """Puts the viewer into the state of each request."""

    def __init__(self, app: ASGIApp, services: Services, rates: Rates, operator_secret: str = "") -> None:
        self.app = app
        self.rates = rates
        self.people = services.people
        self.is_needed = services.settings.auth != "none"
        self.operator_secret = operator_secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        if not self.is_needed:
            state[VIEWER] = OPERATOR
            answer = error_answer(Request(scope), TokensUnusedError()) if _has_token(scope) else self.app
            await answer(scope, receive, send)
            return
        try:
            found = await to_thread.run_sync(found_in, scope, self.people, self.operator_secret)
        except (PeopleUnavailableError, *OF_PROXY) as error:
            state[VIEWER] = NOBODY
            await self._counted(error_answer(Request(scope), error))(scope, receive, send)
            return
        state[VIEWER], state[SESSION] = (found.viewer, found.session) if found else (NOBODY, None)
        if found and found.token:
            state[TOKEN], state[TOKEN_NAME] = found.token.id, found.token.name
        if found or is_open(scope["path"]):
            await self.app(scope, receive, _guarded(send, scope, found))
        elif self.people.proxy is not None and wants_page(Request(scope)):
            page = {**scope, "path": PAGE, "raw_path": PAGE.encode(), "method": "GET"}
            await self.app(page, receive, _guarded(send, scope, None))
        elif self.people.proxy is not None:
            answer = self._counted(error_answer(Request(scope), ProxyNeededError()))
            await answer(scope, receive, _guarded(send, scope, None))
        elif _is_form(scope):
            state[INTERRUPTED] = scope["path"]
            await self.app({**scope, "path": PAGE, "raw_path": PAGE.encode()}, receive, _guarded(send, scope, None))
        else:
            await self._counted(_refusal(scope))(scope, receive, _guarded(send, scope, None))

    def _counted(self, refusal: Response) -> ASGIApp:
        """Return a refusal that counts like a page."""
        return RatesMiddleware(refusal, self.rates)


def is_open(path: str) -> bool:
    """Whether a path answers people who have not signed in."""
    return path in OPEN or path.startswith(OPEN_BELOW)


def _is_about_people(path: str) -> bool:
    return any(path == about or path.startswith(f"{about}/") for about in ABOUT_PEOPLE)


def _has_token(scope: Scope) -> bool:
    """Whether a program sends a token: without sign-in it would believe that the token limits what it does."""
    return Request(scope).headers.get("authorization", "").lower().startswith(f"bearer {PREFIX}")


def _is_form(scope: Scope) -> bool:
    """Whether somebody's form would be lost: its answer is the sign-in page, with the form kept in it."""
    is_page = not scope["path"].startswith(FOR_PROGRAMS)  # the editor's script asks for a page without saying so
    return scope["method"] == "POST" and is_page and "x-fragment" not in Headers(scope=scope)


def _refusal(scope: Scope) -> Response:
    request = Request(scope)
    headers = request.headers
    is_visit = headers.get("sec-fetch-mode", "navigate") == "navigate" and "x-fragment" not in headers
    if scope["method"] in READING and wants_page(request) and is_visit:
        return RedirectResponse(f"{PAGE}?next={quote(_address(scope), safe='')}", 303)
    response = error_answer(request, SignInNeededError())
    if not wants_page(request):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _address(scope: Scope) -> str:
    query = scope["query_string"].decode("ascii", "replace")
    return path_address(scope["path"]) + (f"?{query}" if query else "")


def _guarded(send: Send, scope: Scope, found: Found | None) -> Send:
    """Keep shared caches from answers that depend on the person, and hand out a rotated secret."""
    is_same_for_all = scope["path"].startswith("/static/")

    async def guard(message: Message) -> None:
        if message["type"] == "http.response.start" and not is_same_for_all:
            headers = MutableHeaders(scope=message)
            known = headers.get("cache-control", "")
            if "private" not in known or _is_about_people(scope["path"]):
                headers["cache-control"] = NEVER_SHARED
            headers.add_vary_header("Cookie")
            headers.add_vary_header("Authorization")
            if found and found.new_secret:
                cookie = Response()
                set_secret(scope, cookie, found.new_secret)
                headers.append("set-cookie", cookie.headers["set-cookie"])
        await send(message)

    return guard
