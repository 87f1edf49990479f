"""The one way a cookie is set: for our pages alone, out of reach of scripts, and over TLS only where there is TLS."""

from __future__ import annotations

from fastapi import Request, Response

A_YEAR = 365 * 24 * 60 * 60  # seconds


def remember(request: Request, response: Response, name: str, value: str) -> None:
    """Have a browser remember a value for a year."""
    # The scheme is that of the address bar: the server takes it from a proxy on the same machine (X-Forwarded-Proto).
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=A_YEAR, path="/", secure=secure, httponly=True, samesite="lax")
