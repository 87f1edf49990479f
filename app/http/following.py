"""Who has saved something sees it, whichever process answers next: answers say what they led to, requests bring it.

What travels is sealed: how often the index changes says something of entries that may be hidden from a reader.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import partial
from http.cookies import CookieError, SimpleCookie

from anyio import CapacityLimiter, move_on_after, to_thread
from anyio.lowlevel import RunVar
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.intake import FOLLOW_SECONDS, Intake
from kb.generation import Generation
from kb.library import Library

HEADER = "KB-Generation"
COOKIE = "generation"
KEPT_SECONDS = 60  # after which every process has followed, or none can
FROM_PAGES = frozenset({"origin", "sec-fetch-site", "referer"})  # headers that browsers send with what a page sends
READING = ("GET", "HEAD", "OPTIONS")
NONCE, MARK = 12, 16  # bytes
MOST_CHARACTERS = 200
log = logging.getLogger(__name__)


class Seal:
    """Turns a generation into a text that says nothing to others and that nobody else can make."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"generation", "sha256")

    def closed(self, generation: Generation) -> str:
        """Return the text; another one each time."""
        nonce = secrets.token_bytes(NONCE)
        hidden = self._turned(str(generation).encode(), nonce)
        return urlsafe_b64encode(nonce + self._mark(nonce, hidden) + hidden).rstrip(b"=").decode()

    def opened(self, text: str) -> Generation | None:
        """Return the generation; None if the text was not made with this key."""
        if not text or len(text) > MOST_CHARACTERS:
            return None
        try:
            raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except ValueError:
            return None
        nonce, mark, hidden = raw[:NONCE], raw[NONCE : NONCE + MARK], raw[NONCE + MARK :]
        if not hmac.compare_digest(mark, self._mark(nonce, hidden)):
            return None
        return Generation.read(self._turned(hidden, nonce).decode())

    def _turned(self, text: bytes, nonce: bytes) -> bytes:
        stream = hashlib.shake_256(self._key + nonce).digest(len(text))
        return bytes(one ^ other for one, other in zip(text, stream, strict=True))

    def _mark(self, nonce: bytes, hidden: bytes) -> bytes:
        return hmac.digest(self._key, nonce + hidden, "sha256")[:MARK]


class FollowingMiddleware:
    """Catches up before it lets somebody in who has seen more, and says what a request that may change led to."""

    def __init__(self, app: ASGIApp, library: Library, intake: Intake, key: bytes) -> None:
        self.app = app
        self._library = library
        self._intake = intake
        self._seal = Seal(key)
        self._turn: RunVar[CapacityLimiter] = RunVar("following")  # one per event loop: all wait for the same reload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        wanted = self._seal.opened(brought_by(scope))
        if wanted and not self._library.shows(wanted):
            await self._follow(wanted)
        if scope["method"] in READING:
            await self.app(scope, receive, send)
            return

        async def with_generation(message: Message) -> None:
            now = self._library.generation if message["type"] == "http.response.start" else None
            if now:  # also if nothing changed: whether somebody else changed what is hidden, nobody learns
                self._add(scope, message, self._seal.closed(now))
            await send(message)

        await self.app(scope, receive, with_generation)

    async def _follow(self, wanted: Generation) -> None:
        """Wait for a while until a generation is shown."""
        if (turn := self._turn.get(None)) is None:
            self._turn.set(turn := CapacityLimiter(1))
        follow = partial(self._intake.follow, wanted)
        try:
            with move_on_after(FOLLOW_SECONDS):
                await to_thread.run_sync(follow, limiter=turn, abandon_on_cancel=True)
        except Exception as error:  # whatever keeps the index from being read: the request itself will say it
            log.warning("What another process wrote could not be read yet: %s", type(error).__name__)

    def _add(self, scope: Scope, message: Message, sealed: str) -> None:
        headers, cookie = MutableHeaders(scope=message), Response()
        is_secure = scope["scheme"] == "https"
        cookie.set_cookie(COOKIE, sealed, KEPT_SECONDS, path="/", secure=is_secure, httponly=True, samesite="lax")
        headers[HEADER] = sealed
        if not FROM_PAGES.isdisjoint(Headers(scope=scope).keys()):  # a program with cookies could change nothing more
            headers.append("set-cookie", cookie.headers["set-cookie"])


def brought_by(scope: Scope) -> str:
    """Return what a request brings: a program the header, a browser the cookie; empty if it brings neither."""
    headers = Headers(scope=scope)
    if given := headers.get(HEADER):
        return given
    if COOKIE not in (cookies := headers.get("cookie", "")):
        return ""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
