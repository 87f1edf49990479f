"""Render a template for a request: in its language, with what every page shares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates

from app.words.catalogue import LOCALES, Texts, choose_locale, texts_for
from app.words.rendering import entry_address
from kb.choices import OUTCOME_SIGNS

LANGUAGE_COOKIE = "lang"
A_YEAR = 365 * 24 * 60 * 60  # seconds
FRAGMENT_HEADER = "X-Fragment"
_TEMPLATES = Jinja2Templates(directory=Path(__file__).parent.parent / "templates")
_TEMPLATES.env.trim_blocks = True
_TEMPLATES.env.lstrip_blocks = True
_TEMPLATES.env.globals["entry_address"] = entry_address
_TEMPLATES.env.globals["outcome_signs"] = OUTCOME_SIGNS


def texts_of(request: Request) -> Texts:
    """Return the texts in the language of a request."""
    asked, remembered = request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
    return texts_for(choose_locale(asked, remembered, request.headers.get("Accept-Language")))


def wants_fragment(request: Request) -> bool:
    """Whether the page's script asks for the results alone."""
    return request.headers.get(FRAGMENT_HEADER) == "results"


def render(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    """Answer with a template; remember the language when the address asks for one."""
    texts = texts_of(request)
    other = next(locale for locale in LOCALES if locale != texts.locale)
    shared = {
        "t": texts,
        "other_locale": other,
        "other_address": str(request.url.include_query_params(lang=other).replace(scheme="", netloc="")),
        "page": request.url.path,
        "may_write": not request.app.state.services.settings.readonly,
    }
    response = _TEMPLATES.TemplateResponse(request, template, {**shared, **context}, status_code=status)
    response.headers["Vary"] = f"Accept-Language, Cookie, {FRAGMENT_HEADER}"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Language"] = texts.locale
    if request.query_params.get("lang") in LOCALES:
        response.set_cookie(LANGUAGE_COOKIE, texts.locale, max_age=A_YEAR, samesite="lax", httponly=True, path="/")
    return response
