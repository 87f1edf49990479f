"""Who may talk to the server."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.asker import LED_HERE
from app.http.errors import refusal
from app.http.headers import HEADERS
from app.settings import LOOPBACK, Settings
from kb.wording import say

READING = ("GET", "HEAD", "OPTIONS")
SIGNED = ("/slack/events", "/unsubscribe/")  # beginnings: a signature allows the change, and the program has no origin
PROGRAM_TYPES = ("", "application/json", "text/markdown")  # types no HTML form can send
USUAL_PORTS = {"http": 80, "https": 443}
ELSEWHERE = ("cross-site", "same-site")  # same-site includes other ports of the host, which may be somebody else's


class Origin(NamedTuple):
    """The origin of a page, as browsers compare it."""

    scheme: str
    name: str
    port: int


class SecurityMiddleware:
    """Refuses foreign hosts and origins (DNS rebinding, CSRF) and adds the security headers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.public = _origin(settings.public_url)
        self.named = tuple(_named(host) for host in settings.hosts)
        self.hosts = {*LOOPBACK, *(name for name, _ in self.named)}
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

        if self.public and self.public == _origin(f"https://{Headers(scope=scope).get('host', '')}"):
            scope["scheme"] = "https"  # a proxy in front need not say so: cookies must be secure
        why = self._why_not(scope, Headers(scope=scope))
        if why:
            await refusal(Request(scope), why)(scope, receive, with_headers)
            return
        scope.setdefault("state", {})[LED_HERE] = self._is_led_here(scope, Headers(scope=scope))
        await self.app(scope, receive, with_headers)

    def _is_led_here(self, scope: Scope, headers: Headers) -> bool:
        """Whether another site led here or the browser prefetches: nobody here asked for it."""
        here, referer = _origin(f"{scope['scheme']}://{headers.get('host', '')}"), headers.get("referer")
        is_linked = bool(referer and here and not self._is_ours(referer, here))
        return is_linked or headers.get("sec-fetch-site") in ELSEWHERE or _is_early(headers)

    def _why_not(self, scope: Scope, headers: Headers) -> str:
        host = headers.get("host", "")
        here = _origin(f"{scope['scheme']}://{host}")
        if here is None or here.name not in self.hosts or set(host) & set("@/\\?#"):
            return say("The host '{host}' is not served here. An operator can allow it with KB_HOSTS.", host=host[:100])
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        changes = scope["method"] not in READING
        if origin is not None and not self._is_ours(origin, here):
            return say("Requests from '{origin}' are not accepted.", origin=origin[:100])
        if site in ELSEWHERE and (changes or not _is_visit(headers)):
            return say("Requests from other sites are not accepted.")
        if changes and origin is None and site is None and not scope["path"].startswith(SIGNED):
            return self._why_unsigned(headers, here)
        return ""

    def _why_unsigned(self, headers: Headers, here: Origin) -> str:
        """Return why a change without an origin is refused, as old browsers and programs send it."""
        referer = headers.get("referer")
        if referer is not None:
            return "" if self._is_ours(referer, here) else say("Requests from other sites are not accepted.")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if "cookie" in headers or kind not in PROGRAM_TYPES:
            return say("A change needs an Origin header, or, from a program, JSON or text/markdown and no cookies.")
        return ""

    def _is_ours(self, address: str, here: Origin) -> bool:
        """Whether an address has the origin of the request, or one the operator configured.

        Behind a proxy that terminates TLS, pages are https and may have another port.
        """
        origin = _origin(address)
        if origin is None:
            return False
        return origin == here or any(
            origin.name == name
            and (origin.port == port if port else origin.scheme == "https" and origin.port in (443, here.port))
            for name, port in self.named
        )


def _is_visit(headers: Headers) -> bool:
    """Whether a person opens a page: in a window, not in a frame, not prefetched."""
    is_window = headers.get("sec-fetch-dest", "document") == "document"
    return headers.get("sec-fetch-mode") == "navigate" and is_window and not _is_early(headers)


def _is_early(headers: Headers) -> bool:
    return "prefetch" in headers.get("sec-purpose", headers.get("purpose", ""))


def _named(host: str) -> tuple[str, int | None]:
    """Return name and port of a configured host; None if it has no port."""
    if host.count(":") > 1 and not host.startswith("["):  # a bare IPv6 address
        return host, None
    try:
        parts = urlsplit(f"//{host}")
        return (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "", None


def _origin(address: str) -> Origin | None:
    try:
        parts = urlsplit(address)
        name, port = (parts.hostname or "").lower(), parts.port or USUAL_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return Origin(parts.scheme, name, port) if name and port else None
