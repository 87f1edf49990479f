"""Render a template for a request, in its language, with the shared context."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates

from app.http.asker import is_led_here
from app.http.cookies import remember
from app.http.dependencies import LANGUAGE_COOKIE, reader_of, seen_of
from app.words.addresses import action_address, entry_address, path_address
from app.words.catalogue import LOCALES
from kb.choices import OUTCOME_SIGNS

FRAGMENT_HEADER = "X-Fragment"
_TEMPLATES = Jinja2Templates(directory=Path(__file__).parent.parent / "templates")
_TEMPLATES.env.trim_blocks = True
_TEMPLATES.env.lstrip_blocks = True
_TEMPLATES.env.auto_reload = (
    False  # templates belong to the program: looking for changes costs every page a few file accesses
)
_TEMPLATES.env.globals |= {
    "entry_address": entry_address,
    "action_address": action_address,
    "outcome_signs": OUTCOME_SIGNS,
    "has_entries": lambda request: (seen := seen_of(request)) is None or seen.library.state().entries > 0,
}


def wants_fragment(request: Request) -> bool:
    """Whether the page's script requests only the results."""
    return request.headers.get(FRAGMENT_HEADER) == "results"


def render(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    """Render a template; remember the language if the address names one."""
    reader = reader_of(request)
    other = next(locale for locale in LOCALES if locale != reader.locale)
    shared = {
        "t": reader,
        "asset": request.app.state.assets.address,
        "other_locale": other,
        "other_address": f"{path_address(request.scope['path'])}?{request.url.include_query_params(lang=other).query}",
        "page": request.url.path,
        "may_write": not request.app.state.services.settings.readonly,
        "upkeep": seen.upkeep.counts if (seen := seen_of(request)) else {},
    }
    response = _TEMPLATES.TemplateResponse(request, template, {**shared, **context}, status_code=status)
    response.headers["Vary"] = f"Accept-Language, Cookie, {FRAGMENT_HEADER}"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Language"] = reader.locale
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
