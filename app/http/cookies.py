"""The one way to set a cookie: same site, not readable by scripts, and secure when the page is."""

from __future__ import annotations

from fastapi import Request, Response

A_YEAR = 365 * 24 * 60 * 60  # seconds


def remember(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie for a year."""
    # The scheme of the address bar: a proxy on the same machine passes it on (X-Forwarded-Proto).
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=A_YEAR, path="/", secure=secure, httponly=True, samesite="lax")
