"""A server on a free port, in this process, with limits that a test chooses; and a client that says what it likes."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn

from app.http.connection import ConnectionLimits
from app.http.server import server_config
from app.settings import IPNetwork
from tests.waiting import DEADLINE_SECONDS, wait_until

Connections = set[Any]


class Attacked:
    """A running server."""

    def __init__(self, server: uvicorn.Server, port: int) -> None:
        self.server = server
        self.port = port

    @property
    def connections(self) -> Connections:
        """The open connections."""
        return self.server.server_state.connections

    def connect(self, sent: bytes = b"") -> socket.socket:
        """Open a connection and send something; the server has seen the connection when this returns."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_SECONDS)
        address = client.getsockname()
        wait_until(lambda: any(one.client == address for one in [*self.connections]), "a connection")
        client.sendall(sent)
        return client

    def ask(self, sent: bytes) -> bytes:
        """Return the answer to one request."""
        with self.connect(sent) as client, client.makefile("rb") as lines:
            head = b"".join(iter(lines.readline, b"\r\n")) + b"\r\n"
            length = re.search(rb"content-length: (\d+)", head)
            return head + lines.read(int(length[1]) if length else -1)


@contextmanager
def attacked(app: Any, limits: ConnectionLimits | None = None, proxies: Sequence[IPNetwork] = ()) -> Iterator[Attacked]:
    """Serve an application until the test is over."""
    config = server_config(app, "127.0.0.1", 0, limits or ConnectionLimits(), proxies)
    config.lifespan = "off"
    config.timeout_graceful_shutdown = 1
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            wait_until(lambda: server.started, "a server")
            yield Attacked(server, listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """Return a request as bytes."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode() + body


def read_all(client: socket.socket) -> bytes:
    """Return what arrives until the connection ends."""
    parts = []
    try:
        while part := client.recv(65_536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def is_cut(client: socket.socket) -> bool:
    """Whether the server has closed a connection it did not answer."""
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def send_until_cut(client: socket.socket, part: bytes, most: int) -> int:
    """Send a part again and again until the server cuts the connection; return how many bytes it let through."""
    sent = 0
    try:
        while sent < most:
            client.sendall(part)
            sent += len(part)
    except ConnectionError:
        pass
    return sent
