"""How the application is served: one place for the command line, the benchmarks and the tests."""

from __future__ import annotations

import errno
import os
import resource
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import uvicorn
from fastapi import FastAPI

from app.http.connection import MOST_HEAD_BYTES, ConnectionLimits, limited
from app.settings import IPNetwork, Settings
from kb.errors import KBError, why_refused
from kb.wording import say

FILES = 8_192  # file handles wanted: connections, stores and files together
FILES_APART = 256  # kept for stores, entries and what the libraries open
IDLE_SECONDS = 75  # between two pages; less, and a click may meet a connection that is just being closed
THIS_MACHINE = ("127.0.0.1", "::1")
BACKLOG = 256  # connections the system may hand over at once


class AddressError(KBError):
    """The address cannot be served."""

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        if cause.errno == errno.EADDRINUSE:
            sentence = say("Port {port} is in use by another program. Choose another one with KB_PORT.", port=port)
        else:
            why = why_refused(cause)
            sentence = say(
                "{host}:{port} cannot be served ({why}). Check KB_HOST and KB_PORT.", host=host, port=port, why=why
            )
        super().__init__(sentence)


def share_cores(processes: int = 1) -> None:
    """Let the model's threads sleep while they wait for each other; call it before the model is loaded.

    By default they spin, which takes the cores from those who answer: on busy cores a search takes many times as long.
    Each of several `processes` gets its share of the cores.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if processes > 1:
        os.environ.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 1) // processes, 1)))


def bound(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address, which refuses connections until it is served. Raises AddressError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
    except OSError as error:
        raise AddressError(host, port, error) from error
    return opened


def serve(app: FastAPI, settings: Settings, opened: socket.socket) -> None:
    """Serve on a bound socket until stopped."""
    config = server_config(app, settings.host, settings.port, proxies=settings.trusted_proxies)
    with suppress(KeyboardInterrupt):  # Ctrl+C is how people stop it
        uvicorn.Server(config).run(sockets=[opened])


def server_config(
    app: FastAPI,
    host: str,
    port: int,
    limits: ConnectionLimits | None = None,
    proxies: Sequence[IPNetwork] = (),
) -> uvicorn.Config:
    """Return the configuration of a server that no client can exhaust; some proxies say how it was reached."""
    handles = raise_file_limit()
    limits = limits or ConnectionLimits()
    room = max(handles - FILES_APART - BACKLOG, 16)  # accepted at once, before any of them can be closed
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=limited(replace(limits, connections=min(limits.connections, room))),
        ws="none",
        backlog=BACKLOG,
        timeout_keep_alive=IDLE_SECONDS,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
        log_level="warning",
        server_header=False,
        forwarded_allow_ips=[*THIS_MACHINE, *map(str, proxies)],
    )


def raise_file_limit() -> int:
    """Allow this process more file handles, as far as the system does; return how many it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return FILES if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
