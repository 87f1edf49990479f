"""How much a request may bring: its address and headers, and its body, which is read whole before any work begins."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import anyio
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.body import MOST_BYTES, MOST_FILES_BYTES
from app.http.connection import MOST_HEAD_BYTES, MOST_IGNORED_BYTES
from app.http.errors import error_answer
from kb.errors import (
    AddressTooLongError,
    BusyError,
    EncodedBodyError,
    HeadersTooLargeError,
    KBError,
    RequestTooLargeError,
)

MOST_ADDRESS_BYTES = 16_384  # a question of 1,000 characters takes up to 12 bytes each, percent-encoded
USUAL_BYTES = 1_000_000
BODY_BYTES = {  # by the beginning of the path, the longest first; all others take USUAL_BYTES
    "/new/files/again": 2 * MOST_FILES_BYTES,  # text may be longer in UTF-8
    "/new/files/save": 2 * MOST_FILES_BYTES,
    "/new/files": MOST_FILES_BYTES,
    "/write": MOST_BYTES,
    "/sign-in": 4_000_000,  # with a form that waits for its person
    "/playbook/edit": MOST_BYTES,
    "/api/v1/entries": MOST_BYTES,
    "/api/v1/deals/similar": 256_000,  # 20,000 characters, escaped
}
MOST_HELD_BYTES = 256_000_000  # bodies of all requests together
LINGER_SECONDS = 2.0
log = logging.getLogger(__name__)


class LimitsMiddleware:
    """Refuses what is too large while it arrives, and hands on the body when it is complete."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.held = 0  # bytes of bodies in memory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        parts: list[bytes] = []
        held = 0
        try:
            refuse_head(scope)
            async for part in _body(scope, receive):
                parts.append(part)
                held += len(part)
                self.held += len(part)
                if self.held > MOST_HELD_BYTES:
                    raise BusyError
            body = b"".join(parts)
            parts.clear()
            whole: Message = {"type": "http.request", "body": body, "more_body": False}
            await self.app(scope, replayed(whole, receive), send)
        except KBError as error:  # the application answers its own
            await _refuse(error, scope, receive, send)
        except ClientDisconnect:
            log.info("%s %s: the client hung up.", scope["method"], _shown(scope))
        finally:
            self.held -= held


def refuse_head(scope: Scope) -> None:
    """Refuse an address, headers or an encoding. Raises AddressTooLongError, HeadersTooLargeError, EncodedBodyError."""
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_ADDRESS_BYTES:
        raise AddressTooLongError(MOST_ADDRESS_BYTES)
    if sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > MOST_HEAD_BYTES:
        raise HeadersTooLargeError(MOST_HEAD_BYTES)
    encoding = Headers(scope=scope).get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise EncodedBodyError(encoding)


def limit_of(path: str) -> int:
    """Return how many bytes the body of a request to a path may have."""
    return next((limit for start, limit in BODY_BYTES.items() if path.startswith(start)), USUAL_BYTES)


async def _body(scope: Scope, receive: Receive) -> AsyncIterator[bytes]:
    """Yield the body as it arrives. Raises RequestTooLargeError, before reading where the length is announced."""
    limit, size = limit_of(scope["path"]), 0
    announced = Headers(scope=scope).get("content-length", "")
    if announced.isdecimal() and (len(announced) > 20 or int(announced) > limit):
        raise RequestTooLargeError(limit)
    is_complete = False
    while not is_complete:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        size += len(message.get("body", b""))
        if size > limit:
            raise RequestTooLargeError(limit)
        yield message.get("body", b"")
        is_complete = not message.get("more_body", False)


def replayed(message: Message, receive: Receive) -> Receive:
    """Return a channel that has a message again, then what else happens."""
    waiting = [message]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


async def _refuse(error: KBError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, then take in a little more: a client that is cut off while it sends never reads the answer."""
    response = error_answer(Request(scope), error)
    response.headers["connection"] = "close"

    async def unfinished(message: Message) -> None:
        await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

    await response(scope, receive, unfinished)
    ignored = 0
    with anyio.move_on_after(LINGER_SECONDS):
        while ignored < MOST_IGNORED_BYTES:
            message = await receive()
            ignored += len(message.get("body", b""))
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                break
    await send({"type": "http.response.body", "body": b""})


def _shown(scope: Scope) -> str:
    """Return the path for the log, as it was sent: percent-encoded, without line breaks."""
    return (scope.get("raw_path") or b"").decode("ascii", "replace")[:200]
