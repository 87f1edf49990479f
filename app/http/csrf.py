"""The token in every form: only a page of ours, shown in the same session of the same browser, can send it."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from fastapi import Request, Response
from markupsafe import Markup

from app.http.cookies import remember
from app.http.who import session_of, viewer_of
from kb.errors import StaleFormError

FIELD = "csrf"
HEADER = "x-csrf-token"  # for scripts
COOKIE = "form"  # a random number per browser, where there is no session
INTERRUPTED = "interrupted"  # attribute of the request state: the path of a form whose session had ended
UNSENT = "unsent"  # attribute of the request state: the fields of a form that was refused, to be sent again


def token_of(request: Request) -> str:
    """Return the token of whoever is asking; the same for a whole session."""
    key: bytes = request.app.state.form_key
    return token_for(key, viewer_of(request).person, _bound_to(request))


def _bound_to(request: Request) -> str:
    if session := session_of(request):
        return session.id
    return "" if viewer_of(request).is_signed_in else _number(request)  # a proxy's person has no cookie of ours


def token_for(key: bytes, person: str, bound_to: str) -> str:
    """Return the token of a person in a session, or in a browser without one."""
    return hmac.new(key, f"{person}\n{bound_to}".encode(), hashlib.sha256).hexdigest()


def field_of(request: Request) -> Markup:
    """Return the token as a field of a form."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token_of(request))


def need_token(request: Request, sent: str) -> None:
    """Refuse a form that no page of this session sent. Raises StaleFormError."""
    if getattr(request.state, INTERRUPTED, ""):  # the form goes nowhere but into the sign-in page
        return
    given = request.headers.get(HEADER) or sent
    if not hmac.compare_digest(given.encode("utf-8", "replace"), token_of(request).encode()):
        raise StaleFormError


def remember_browser(request: Request, response: Response) -> None:
    """Set the number a token is bound to where there is no session."""
    if not viewer_of(request).is_signed_in and request.cookies.get(COOKIE) != (number := _number(request)):
        remember(request, response, COOKIE, number)


def _number(request: Request) -> str:
    known = request.cookies.get(COOKIE, "")
    if len(known) == 32 and known.isalnum() and known.isascii():
        return known
    number: str = getattr(request.state, COOKIE, "") or secrets.token_hex(16)
    request.state.form = number
    return number
