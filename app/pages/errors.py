"""Say what went wrong with a page, and what to do next."""

from __future__ import annotations

from fastapi import Request, Response

from app.pages.view import render, texts_of, wants_fragment
from kb.wording import Sentence

KNOWN = (404, 422, 503)


def render_error(request: Request, status: int, message: str = "") -> Response:
    """Answer with a page (or, for the script, a fragment) that says what happened and offers a next step."""
    texts = texts_of(request)
    kind = str(status) if status in KNOWN else "4xx" if status < 500 else "500"
    context = {
        "status": status,
        "heading": texts(f"error.{kind}.heading"),
        "advice": texts(f"error.{kind}.advice"),
        "message": texts.said(message) if isinstance(message, Sentence) else "",  # a framework's words are for programs
    }
    return render(request, "_error.html" if wants_fragment(request) else "error.html", context, status)
