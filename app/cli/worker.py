"""A process that serves: alone, or one of several that `kb serve --workers` starts as `python -m app.cli.worker`."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from app.cli.workers import Told
from app.embedding import embeds
from app.engines import shared_database
from app.http.server import serve, share_cores
from app.main import create_app
from app.playbook import playbook_in_force
from app.services import Services, open_services
from app.settings import Settings, settings_to_log
from app.unopened import answer_meanwhile
from app.words.reader import Reader
from ingest.files import is_bare
from kb.errors import DatabaseAwayError, EmbeddingAwayError, IndexNotReadyError, KBError, PlaybookUnknownError
from kb.people.acting import Acting, act_as
from kb.shared.pool import BoundedPool
from kb.viewer import OPERATOR
from kb.wording import say

log = logging.getLogger(__name__)


class NotMountedError(KBError):
    """The entries of a shared index are not there: their playbook, which says what is masked, is not either."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            say(
                "The server does not start: there is nothing in '{folder}' (KB_ENTRIES), but the shared index has"
                " entries. Mount the folder.",
                folder=str(folder),
            )
        )


def prepare_process(workers: int = 1, number: int = 0) -> None:
    """Set up the log, the share of the cores and how this process ends; its `number` is one of several `workers`."""
    logging.basicConfig(level=logging.INFO, format=f"%(levelname)s {f'[{number}] ' if number else ''}%(message)s")
    pools = ("sqlalchemy.pool", f"{BoundedPool.__module__}.{BoundedPool.__name__}")
    for noisy in ("httpx", "httpx2", "alembic", *pools, "sentence_transformers", "mcp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    share_cores(workers)
    signal.signal(signal.SIGTERM, _end)  # by default these end the process without cleaning up
    signal.signal(signal.SIGHUP, _hang_up)


def serve_here(
    settings: Settings,
    opened: socket.socket,
    secret: str,
    *,
    number: int = 0,
    begun: Callable[[Services], object] = lambda _services: None,
) -> None:
    """Serve on a bound socket until stopped; `begun` hears of the services before anybody can use them."""
    services = _opened(settings, opened, number, begun)
    if services:
        serve(create_app(settings, services, is_prepared=False, operator_secret=secret), settings, opened)


def _opened(
    settings: Settings, opened: socket.socket, number: int, begun: Callable[[Services], object]
) -> Services | None:
    """Return the services, answering that something is away until they can be opened; None if stopped meanwhile.

    Raises DatabaseRefusedError.
    """
    while True:
        try:
            return _begun(settings, number, begun)
        except DatabaseAwayError as error:
            if (database := shared_database(settings)) is None:
                raise
            with closing(database):
                database.need_welcome()
                log.warning("The server waits for the database, and answers with 503 meanwhile.")
                if not answer_meanwhile(settings, opened, error, lambda: not database.trouble()):
                    return None
        except PlaybookUnknownError as error:
            log.warning("The server waits for a playbook it can read, and answers with 503 meanwhile: %s", error.why)
            if not answer_meanwhile(settings, opened, error, partial(_is_known, settings)):
                return None
        except EmbeddingAwayError as error:
            log.warning("The server waits for the service that embeds (%s), and answers with 503 meanwhile.", error.why)
            told = IndexNotReadyError(say("The server waits for the service that embeds texts; its log says why."))
            if not answer_meanwhile(settings, opened, told, partial(embeds, settings)):
                return None


def _is_known(settings: Settings) -> bool:
    """Whether the playbook can be read by now."""
    try:
        playbook_in_force(settings)
    except PlaybookUnknownError:
        return False
    return True


def _begun(settings: Settings, number: int, begun: Callable[[Services], object]) -> Services:
    services = open_services(settings, worker=number)
    try:
        need_entries(services)
        begun(services)
    except BaseException:
        services.close()
        raise
    return services


def need_entries(services: Services) -> None:
    """Require the folder of entries where other servers have indexed some. Raises NotMountedError."""
    if services.database and is_bare(services.settings.entries) and services.library.has_entries:
        raise NotMountedError(services.settings.entries)


def greet(settings: Settings, services: Services, reader: Reader) -> None:
    """Say what whoever starts a server should know, and note the start in the audit log."""
    if settings.auth != "none" and not services.people.people.all():
        tell(reader("cli.nobody"))
    if settings.auth == "none" and not settings.is_loopback:
        tell(reader("cli.exposed", host=settings.host))
    groups = {"sha256": settings.groups_hash} if settings.groups_hash else {}
    services.people.audit.note("server-started", OPERATOR, settings=settings_to_log(settings), **groups)
    if settings.refuses_others:
        tell(reader("cli.others_refused"))


def tell(text: str) -> None:
    """Print for whoever started the server."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Serve as one of several, as told on the standard input, which closes when the one that watches over them ends."""
    with open(0, "rb", buffering=0, closefd=False) as given:
        told = Told(**json.loads(given.readline()))
    prepare_process(told.workers, told.number)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    act_as(Acting(way=told.way))
    reader = Reader.of(told.language)
    settings = Settings(host=told.host, port=told.port, workers=told.workers)

    def begun(services: Services) -> None:
        if told.is_first:
            greet(settings, services, reader)

    try:
        serve_here(settings, socket.socket(fileno=told.handle), told.secret, number=told.number, begun=begun)
    except KBError as error:
        tell(reader.say(error.sentence))
        sys.exit(1)


def _end(_number: int, _frame: object) -> None:
    sys.exit(0)


def _hang_up(_number: int, _frame: object) -> None:
    """End as on SIGTERM, which uvicorn handles while it serves: background work stops first."""
    signal.raise_signal(signal.SIGTERM)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
