"""Error pages: what went wrong, and what to do next."""

from __future__ import annotations

from fastapi import Request, Response

from app.http.csrf import UNSENT
from app.http.dependencies import reader_of
from app.pages.view import render, wants_fragment
from app.words.addresses import path_address
from kb.wording import Sentence

KNOWN = (401, 403, 404, 413, 422, 429, 503)
TOO_LARGE = (413, 414, 431)
SAID_ALONE = (401, 403, 429, 503)  # who may do it, or how long to wait, is all there is to say


def render_error(request: Request, status: int, message: str = "") -> Response:
    """Return a page (or a fragment, for the script) that says what happened and offers a next step."""
    reader = reader_of(request)
    said = reader.say(message) if isinstance(message, Sentence) else ""  # others are for programs
    unsent = getattr(request.state, UNSENT, None) if status == 403 else None
    is_advice = bool(said) and status in SAID_ALONE and unsent is None
    kind = "again" if unsent is not None else _kind_of(status)
    context = {
        "status": status,
        "heading": reader(f"error.{kind}.heading"),
        "advice": said if is_advice else reader(f"error.{kind}.advice"),
        "message": "" if is_advice else said,
        "unsent": unsent,
        "unsent_address": f"{path_address(request.scope['path'])}?{request.url.query}".removesuffix("?"),
    }
    return render(request, "_error.html" if wants_fragment(request) else "error.html", context, status)


def _kind_of(status: int) -> str:
    """Return the beginning of the sentences about a status."""
    if status in TOO_LARGE:
        return "413"
    if status in KNOWN:
        return str(status)
    return "4xx" if status < 500 else "500"
