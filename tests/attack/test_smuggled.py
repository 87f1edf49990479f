"""No request hides in another: what a proxy and this server could read differently is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import client, make_client
from tests.attack.serving import Attacked, attacked, request

__all__ = ["client", "make_client"]
HIDDEN = request("GET /healthz")
LENGTH, PIECES = f"Content-Length: {5 + len(HIDDEN)}", "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def server(client: TestClient) -> Iterator[Attacked]:
    with attacked(client.app) as running:
        yield running


@pytest.mark.parametrize(
    "lengths",
    [(LENGTH, PIECES), (PIECES, LENGTH), (PIECES, "Content-Length: 0"), (LENGTH, "Content-Length: 5")],
)
def test_a_body_with_two_lengths_is_refused_and_nothing_behind_it_is_answered(
    server: Attacked, lengths: tuple[str, ...]
) -> None:
    answer = server.ask(request("POST /api/v1/deals/similar", *lengths, body=b"0\r\n\r\n" + HIDDEN))
    assert answer.startswith(b"HTTP/1.1 400") and answer.count(b"HTTP/1.1") == 1


def test_a_body_in_pieces_alone_is_read(server: Attacked) -> None:
    body = b'9\r\n{"text": \r\n3\r\n"a"\r\n1\r\n}\r\n0\r\n\r\n'
    answer = server.ask(
        request("POST /api/v1/deals/similar", "Content-Type: application/json", PIECES, "Connection: close", body=body)
    )
    assert not answer.startswith(b"HTTP/1.1 4")
