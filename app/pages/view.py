"""Render a template for a request, in its language, with the shared context."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from app.http.allowed import may
from app.http.asker import askers_of, is_led_here
from app.http.cookies import remember
from app.http.csrf import field_of, remember_browser, token_of
from app.http.dependencies import LANGUAGE_COOKIE, reader_of, seen_of, services_of
from app.http.names import me_of, names_of
from app.http.who import viewer_of
from app.own_work import own_work
from app.pages.templates import READER, templates_in
from app.words.addresses import action_address, entry_address, path_address
from app.words.catalogue import LOCALES
from kb.choices import OUTCOME_SIGNS
from kb.errors import KBError
from kb.viewer import NOBODY

FRAGMENT_HEADER = "X-Fragment"
_TEMPLATES = {locale: templates_in(locale) for locale in LOCALES}


def own_count(request: Request) -> int:
    """Return how much waits for whoever is asking; 0 while that is not known."""
    seen = seen_of(request) if viewer_of(request) != NOBODY else None
    if seen is None:
        return 0
    try:
        return own_work(seen.library, services_of(request).activity, names_of(request), askers_of(request)).count
    except KBError:
        return 0


for _environment in _TEMPLATES.values():
    _environment.globals |= {
        "own_count": own_count,
        "entry_address": entry_address,
        "action_address": action_address,
        "outcome_signs": OUTCOME_SIGNS,
        "has_entries": lambda request: (seen := seen_of(request)) is None or seen.library.has_entries,
    }


def wants_fragment(request: Request) -> bool:
    """Whether the page's script requests only the results."""
    return request.headers.get(FRAGMENT_HEADER) == "results"


def render(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    """Render a template; remember the language if the address names one."""
    reader, viewer = reader_of(request), viewer_of(request)
    is_readonly = request.app.state.services.settings.readonly
    other = next(locale for locale in LOCALES if locale != reader.locale)
    shared = {
        "request": request,
        READER: reader,
        "asset": request.app.state.assets.address,
        "other_locale": other,
        "other_address": f"{path_address(request.scope['path'])}?{request.url.include_query_params(lang=other).query}",
        "page": request.url.path,
        "me": me_of(request),
        "csrf_token": token_of(request),
        "csrf_field": field_of(request),
        "viewer": viewer,
        "is_known": viewer != NOBODY,
        "is_readonly": is_readonly,
        "may_write": not is_readonly and viewer.is_at_least("author"),
        "may": partial(may, viewer),
        "upkeep": seen.upkeep.counts if viewer != NOBODY and (seen := seen_of(request)) else {},
        "is_admin": viewer.is_signed_in and viewer.is_at_least("admin"),
    }
    html = _TEMPLATES[reader.locale].get_template(template).render({**shared, **context})
    response = HTMLResponse(html, status)
    response.headers["Vary"] = f"Accept-Language, Cookie, {FRAGMENT_HEADER}"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Language"] = reader.locale
    remember_browser(request, response)
    if request.query_params.get("lang") in LOCALES and not is_led_here(request):
        remember(request, response, LANGUAGE_COOKIE, reader.locale)
    return unless_known(request, response) if status == 200 and request.method == "GET" else response


def unless_known(request: Request, response: Response) -> Response:
    """Tag a page, and answer 304 if the browser already has it.

    The tag is a hash of the page itself. Pages depend on the index, the log, the day, the language and the person: a
    tag made of these would sooner or later miss one and show an old page. It saves the transfer, not the work.
    """
    tag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    known = request.headers.get("if-none-match", "")
    if tag not in [one.strip().removeprefix("W/") for one in known.split(",")]:
        return response
    unchanged = Response(status_code=304)
    unchanged.raw_headers = [(name, value) for name, value in response.raw_headers if not name.startswith(b"content-")]
    return unchanged
