"""A random number per browser, which distinguishes people who search without naming them."""

from __future__ import annotations

import secrets

from fastapi import Request, Response

from app.http.cookies import remember

COOKIE = "asker"

LED_HERE = "is_led_here"  # attribute of the request state; true for HEAD as well


def is_led_here(request: Request) -> bool:
    """Whether another site led the browser here: such a search is not the reader's own."""
    return bool(getattr(request.state, LED_HERE, False))


def asker_of(request: Request) -> str:
    """Return the browser's random number; a new one if it has none."""
    known = request.cookies.get(COOKIE, "")
    if len(known) == 16 and known.isalnum():
        return known
    number: str = getattr(request.state, "asker", "") or secrets.token_hex(8)
    request.state.asker = number
    return number


def remember_asker(request: Request, response: Response) -> None:
    """Set the browser's number as a cookie."""
    if request.cookies.get(COOKIE) != asker_of(request) and not is_led_here(request):
        remember(request, response, COOKIE, asker_of(request))
