"""Assistants over standard input and output: the server that a client starts as `kb mcp`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import anyio
from mcp.server.stdio import stdio_server

from app.main import package_version
from app.mcp.caller import Caller
from app.mcp.server import make_server
from app.services import Services
from app.words.reader import Reader
from kb.people.acting import Acting, act_as
from kb.viewer import Viewer

log = logging.getLogger(__name__)


def serve(services: Services, find_viewer: Callable[[], Viewer], reader: Reader, way: str, *, prepares: bool) -> None:
    """Serve one client until it closes its end; it `prepares` the index meanwhile, unless a server does.

    `find_viewer` is asked anew for each request: a person may have changed, or left.
    """
    stopping = threading.Event()
    worker = threading.Thread(target=_prepare, args=(services, stopping), daemon=True)
    if prepares:
        services.intake.begin_preparing()
        worker.start()

    def find_caller(_context: object) -> Caller:
        viewer = find_viewer()
        act_as(Acting(viewer, way))
        services.intake.notice()  # what a server or another command has indexed
        services.views.refresh()
        services.masked.work()
        return Caller.here(services, viewer, reader)

    server = make_server(find_caller, package_version())

    async def serve_client() -> None:
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    try:
        anyio.run(serve_client)
    finally:
        stopping.set()
        if prepares:
            worker.join()


def _prepare(services: Services, stopping: threading.Event) -> None:
    """Index what changed since the last time."""
    try:
        while services.intake.prepare() is None:  # another process is writing
            if stopping.wait(1.0):
                return
        services.intake.embed_waiting(stopping)
        services.library.warm()
    except Exception:
        log.exception("The index could not be brought up to date")
