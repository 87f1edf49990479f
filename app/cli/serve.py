"""Start the server: index first, then listen."""

from __future__ import annotations

import logging
import sys

import uvicorn

from app.cli.progress import sync_with_progress
from app.cli.running import announce, running_server, withdraw
from app.main import create_app
from app.services import make_library
from app.settings import Settings
from kb.errors import IndexBusyError, KBError

EXPOSED = (
    "Listening on {host}: every machine that reaches this address can read all entries, for there are no accounts.\n"
    "Keep it on a trusted network or behind a proxy that asks who is there, and name the hosts people use in KB_HOSTS."
)


def run(settings: Settings) -> None:
    """Serve until stopped."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    already = running_server(settings.data)
    if already:
        raise AlreadyRunningError(already)
    if not settings.entries.is_dir():
        raise NoEntriesError(str(settings.entries))
    library = make_library(settings)
    try:
        report = sync_with_progress(library.index, settings)
        _say(
            f"{library.state().entries} entries indexed, {report.embedded} texts embedded,"
            f" {len(report.problems)} problems (kb check lists them)."
        )
    except IndexBusyError:
        _say("Another process is indexing; serving what there is.")
    library.refresh()
    if not settings.is_loopback:
        _say(EXPOSED.format(host=settings.host))
    announce(settings.data, settings.host, settings.port)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    _say(f"Kachisuji 勝ち筋: http://{shown}:{settings.port}  (Ctrl+C to stop)")
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
            f"A server on this data is running already at {url}. Stop it first, or set KB_DATA and KB_PORT."
        )


class NoEntriesError(KBError):
    """The entries folder does not exist."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"There is no folder '{folder}'. Make it, or point KB_ENTRIES at your entries.")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
