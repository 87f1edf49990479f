"""The random number of a browser, by which searches of the same person are told apart without a name."""

from __future__ import annotations

import secrets

from fastapi import Request, Response

from app.http.cookies import remember

COOKIE = "asker"

LED_HERE = "is_led_here"  # of the state of a request


def is_led_here(request: Request) -> bool:
    """Whether a page of others led a browser to an address: what is asked there is nothing a reader has asked."""
    return bool(getattr(request.state, LED_HERE, False))


def asker_of(request: Request) -> str:
    """Return the random number of a browser; a new one where it has none."""
    known = request.cookies.get(COOKIE, "")
    if len(known) == 16 and known.isalnum():
        return known
    made: str = getattr(request.state, "asker", "") or secrets.token_hex(8)
    request.state.asker = made
    return made


def remember_asker(request: Request, response: Response) -> None:
    """Give a browser its number."""
    if request.cookies.get(COOKIE) != asker_of(request) and not is_led_here(request):
        remember(request, response, COOKIE, asker_of(request))
