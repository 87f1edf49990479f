"""Who may talk to the server, and what a browser may do with its pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.errors import refusal
from app.settings import LOOPBACK, Settings
from kb.wording import say

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}


class SecurityMiddleware:
    """Refuses foreign hosts and origins (against DNS rebinding and forged requests) and sends the headers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.hosts = {*LOOPBACK, *settings.hosts}
        if settings.host not in ("0.0.0.0", "::"):  # noqa: S104 (a comparison, not a binding)
            self.hosts.add(settings.host.lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        why = self._why_not(Headers(scope=scope))
        if why:
            await refusal(Request(scope), why)(scope, receive, with_headers)
            return
        await self.app(scope, receive, with_headers)

    def _why_not(self, headers: Headers) -> str:
        host = headers.get("host", "")
        if _name(f"//{host}") not in self.hosts:
            return say("The host '{host}' is not served here. An operator can allow it with KB_HOSTS.", host=host[:100])
        origin = headers.get("origin")
        if origin and origin != "null" and _name(origin) not in self.hosts:
            return say("Requests from '{origin}' are not accepted.", origin=origin[:100])
        if origin == "null" or (
            headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate"
        ):
            return say("Requests from other sites are not accepted.")
        return ""


def _name(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
