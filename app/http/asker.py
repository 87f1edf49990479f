"""What people are called in the log of searches: a keyed hash of the person, or a random number of the browser."""

from __future__ import annotations

import secrets

from fastapi import Request, Response

from app.http.cookies import remember
from app.http.who import viewer_of

COOKIE = "asker"

LED_HERE = "is_led_here"  # attribute of the request state; true for HEAD as well


def is_led_here(request: Request) -> bool:
    """Whether another site led the browser here: such a search is not the reader's own."""
    return bool(getattr(request.state, LED_HERE, False))


def asker_of(request: Request) -> str:
    """Return what whoever is asking is called in the log of searches."""
    return askers_of(request)[0]


def askers_of(request: Request) -> tuple[str, ...]:
    """Return what whoever is asking is called, the current one first: a person's hash changes from time to time."""
    viewer = viewer_of(request)
    if viewer.is_signed_in:
        hashes: tuple[str, ...] = request.app.state.services.people.askers.of(viewer.person)
        return hashes
    return (_number(request),)


def _number(request: Request) -> str:
    """Return the browser's random number; a new one if it has none."""
    known = request.cookies.get(COOKIE, "")
    if len(known) == 16 and known.isalnum():
        return known
    number: str = getattr(request.state, "asker", "") or secrets.token_hex(8)
    request.state.asker = number
    return number


def remember_asker(request: Request, response: Response) -> None:
    """Set the browser's number as a cookie, where nobody signs in."""
    if viewer_of(request).is_signed_in or is_led_here(request):
        return
    if request.cookies.get(COOKIE) != (number := _number(request)):
        remember(request, response, COOKIE, number)
