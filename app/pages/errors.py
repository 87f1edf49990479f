"""Error pages: what went wrong, and what to do next."""

from __future__ import annotations

from fastapi import Request, Response

from app.http.dependencies import reader_of
from app.pages.view import render, wants_fragment
from kb.wording import Sentence

KNOWN = (401, 403, 404, 413, 422, 503)
TOO_LARGE = (413, 414, 431)


def render_error(request: Request, status: int, message: str = "") -> Response:
    """Return a page (or a fragment, for the script) that says what happened and offers a next step."""
    reader = reader_of(request)
    kind = "413" if status in TOO_LARGE else str(status) if status in KNOWN else "4xx" if status < 500 else "500"
    said = reader.say(message) if isinstance(message, Sentence) else ""  # others are for programs
    is_advice = bool(said) and status in (401, 403)  # who may do it is all there is to say
    context = {
        "status": status,
        "heading": reader(f"error.{kind}.heading"),
        "advice": said if is_advice else reader(f"error.{kind}.advice"),
        "message": "" if is_advice else said,
    }
    return render(request, "_error.html" if wants_fragment(request) else "error.html", context, status)
