"""Start the server: index first, then listen."""

from __future__ import annotations

import logging
import sys

import uvicorn

from app.cli.common import need_entries
from app.cli.progress import sync_with_progress
from app.cli.running import announce, running_server, withdraw
from app.main import create_app
from app.services import make_library
from app.settings import Settings
from app.words.reader import Reader
from kb.errors import IndexBusyError, KBError
from kb.wording import say


def run(settings: Settings, reader: Reader) -> None:
    """Serve until stopped."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    already = running_server(settings.data)
    if already:
        raise AlreadyRunningError(already)
    need_entries(settings)
    library = make_library(settings)
    try:
        report = sync_with_progress(library.index, settings, reader)
        counts = {"entries": library.state().entries, "embedded": report.embedded, "problems": len(report.problems)}
        _print(reader("cli.indexed", **{name: reader.number(count) for name, count in counts.items()}))
    except IndexBusyError:
        _print(reader("cli.indexing_elsewhere"))
    library.refresh()
    if not settings.is_loopback:
        _print(reader("cli.exposed", host=settings.host))
    announce(settings.data, settings.host, settings.port)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    _print(reader("cli.serving", url=f"http://{shown}:{settings.port}"))
    try:
        uvicorn.run(
            create_app(settings, library),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            server_header=False,
        )
    finally:
        withdraw(settings.data)


class AlreadyRunningError(KBError):
    """A server on the same data is running."""

    def __init__(self, url: str) -> None:
        super().__init__(
            say(
                "A server on this data is running already at {url}. Stop it first, or set KB_DATA and KB_PORT.", url=url
            )
        )


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
