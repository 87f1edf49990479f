"""The request target: a path or query string that is not clean text is refused before any route sees it.

Databases, logs and terminals choke on control characters, and bytes that are not UTF-8 would be replaced silently.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.errors import invalid_target

_NOT_AN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SPACES = re.compile(r"[\t\n\v\f\r]")  # in a question, line breaks and tabs are white space
WHY_NOT_UTF8 = "Percent-encode the text as UTF-8."
WHY_CONTROL = "Control characters are not allowed."


class TargetMiddleware:
    """Refuses an address with control characters, broken percent-encoding or bytes that are not UTF-8."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        fields = _faults(scope) if scope["type"] == "http" else []
        if fields:
            await invalid_target(Request(scope), fields)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _faults(scope: Scope) -> list[dict[str, str]]:
    """Return what is wrong, by parameter."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    found = [("path", _fault(raw.partition(b"?")[0], in_path=True))]
    for pair in scope["query_string"].split(b"&"):
        name, _, value = pair.replace(b"+", b" ").partition(b"=")
        shown = _CONTROL.sub("", unquote_to_bytes(name).decode("utf-8", "ignore"))[:100]
        found.append((shown or "query", _fault(name) or _fault(value)))
    return [{"name": name, "message": message} for name, message in dict(reversed(found)).items() if message][::-1]


def _fault(escaped: bytes, *, in_path: bool = False) -> str:
    if _NOT_AN_ESCAPE.search(escaped):
        return WHY_NOT_UTF8
    try:
        text = unquote_to_bytes(escaped).decode("utf-8")
    except UnicodeDecodeError:
        return WHY_NOT_UTF8
    return WHY_CONTROL if _CONTROL.search(text if in_path else _SPACES.sub(" ", text)) else ""
