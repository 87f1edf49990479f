"""The browser of the load: it behaves as one towards a server, for little."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from bench.browser import Browser

PAGE = "価格".encode()
Found = TypeVar("Found")


def test_it_sends_back_the_cookies_it_was_given_over_the_same_connection() -> None:
    """A server that gave somebody a name knows them again, as it does with people."""
    heads: list[bytes] = []
    given = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nSet-Cookie: asker=a1; Path=/\r\n\r\n" % len(PAGE)

    async def ask(browser: Browser) -> list[tuple[int, bytes]]:
        return [await browser.get("/?q=a", 10), await browser.get("/b", 10)]

    answers = _asked([given + PAGE, b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"], heads, ask)
    assert answers == [(200, PAGE), (404, b"")]
    assert heads[0].startswith(b"GET /?q=a HTTP/1.1\r\n")
    assert b"cookie" not in heads[0]
    assert b"\r\ncookie: asker=a1\r\n" in heads[1]


def test_a_page_that_breaks_off_is_an_error_and_no_page() -> None:
    """Half a page does not count as an answer; the next one comes over a new connection."""

    async def ask(browser: Browser) -> tuple[int, bytes]:
        with pytest.raises(EOFError):
            await browser.get("/", 10)
        return await browser.get("/again", 10)

    cut, whole = (b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n" + page for page in (PAGE[:2], PAGE))
    assert _asked([cut, b"", whole], [], ask) == (200, PAGE)


def _asked(answers: list[bytes], heads: list[bytes], ask: Callable[[Browser], Awaitable[Found]]) -> Found:
    """Ask a server that gives these answers in turn, an empty one by closing the connection."""
    left = iter(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof() and (answer := next(left, b"")):
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            await writer.drain()
        writer.close()

    async def meet() -> Found:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            browser = Browser(*server.sockets[0].getsockname()[:2])
            try:
                return await ask(browser)
            finally:
                browser.close()

    return asyncio.run(meet())
