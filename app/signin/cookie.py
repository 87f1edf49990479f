"""The session's cookie: not readable by scripts, not sent along from other sites, and bound to the host behind TLS."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

NAME = "session"
NAME_WITH_TLS = "__Host-session"  # browsers accept it only as Secure, without a domain, for the whole host


def name_for(scope: Scope) -> str:
    """Return the cookie's name; a proxy on the same machine passes the scheme on (X-Forwarded-Proto)."""
    return NAME_WITH_TLS if scope["scheme"] == "https" else NAME


def secret_in(scope: Scope) -> str:
    """Return the secret of the request's session cookie; empty if it has none."""
    try:
        found = SimpleCookie(Headers(scope=scope).get("cookie", "")).get(name_for(scope))
    except CookieError:
        return ""
    return found.value if found else ""


def set_secret(scope: Scope, response: Response, secret: str) -> None:
    """Let the browser keep a secret until it is closed, or the session ends here."""
    secure = scope["scheme"] == "https"
    response.set_cookie(name_for(scope), secret, path="/", secure=secure, httponly=True, samesite="lax")


def remove_secret(scope: Scope, response: Response) -> None:
    """Let the browser forget its secret."""
    secure = scope["scheme"] == "https"
    response.delete_cookie(name_for(scope), path="/", secure=secure, httponly=True, samesite="lax")
