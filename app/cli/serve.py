"""Start the server: listen first, index while pages already answer."""

from __future__ import annotations

import logging
import signal
import socket
import sys

from app.cli.channels import need_channels
from app.cli.common import need_entries
from app.cli.running import announce, running_server, withdraw
from app.data_folder import HeldError, held
from app.http.server import bound, serve, share_cores
from app.main import create_app
from app.services import open_services
from app.settings import Settings, settings_to_log
from app.signin.agreement import need_agreement
from app.words.reader import Reader
from kb.errors import KBError
from kb.people.secret import new_secret
from kb.viewer import OPERATOR
from kb.wording import say


def run(settings: Settings, reader: Reader) -> None:
    """Serve until stopped."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    for noisy in ("httpx", "httpx2", "alembic", "sentence_transformers", "mcp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    share_cores()
    need_entries(settings)
    need_agreement(settings)
    need_channels(settings)
    if settings.auth == "none" and not (settings.is_loopback or settings.auth_none_is_fine):
        raise ExposedError(settings.host)
    signal.signal(signal.SIGTERM, _end)  # by default these end the process without cleaning up
    signal.signal(signal.SIGHUP, _hang_up)
    try:
        with held(settings.data):
            withdraw(settings.data)  # an old record of a server that was killed
            with bound(settings.host, settings.port) as opened:
                _serve(settings, reader, opened)
    except HeldError as error:
        raise AlreadyRunningError(running_server(settings.data) or "") from error


def _end(_number: int, _frame: object) -> None:
    sys.exit(0)


def _hang_up(_number: int, _frame: object) -> None:
    """End as on SIGTERM, which uvicorn handles while it serves: background work stops first."""
    signal.raise_signal(signal.SIGTERM)


def _serve(settings: Settings, reader: Reader, opened: socket.socket) -> None:
    services, secret = open_services(settings), new_secret()
    if settings.auth != "none" and not services.people.people.all():
        _print(reader("cli.nobody"))
    if settings.auth == "none" and not settings.is_loopback:
        _print(reader("cli.exposed", host=settings.host))
    groups = {"sha256": settings.groups_hash} if settings.groups_hash else {}
    services.people.audit.note("server-started", OPERATOR, settings=settings_to_log(settings), **groups)
    if settings.refuses_others:
        _print(reader("cli.others_refused"))
    about = {"auth": settings.auth, "public": settings.public_address}
    announce(settings.data, settings.host, settings.port, settings.shown, secret, **about)
    _print(reader("cli.serving", url=settings.local_address))
    try:
        app = create_app(settings, services, is_prepared=False, operator_secret=secret)
        serve(app, settings, opened)
    finally:
        withdraw(settings.data)


class ExposedError(KBError):
    """Other machines would reach the server without signing in."""

    def __init__(self, host: str) -> None:
        super().__init__(
            say(
                "{host} is reachable from other machines, but nobody has to sign in (KB_AUTH=none): whoever connects"
                " would read and change everything. Set KB_AUTH=local and add people with 'kb people add',"
                " or set KB_AUTH_NONE_IS_FINE=yes if that is intended.",
                host=host,
            )
        )


class AlreadyRunningError(KBError):
    """A server on the same data is running."""

    def __init__(self, url: str) -> None:
        super().__init__(
            say(
                "A server on this data is already running at {url}. Stop it first, or set KB_DATA and KB_PORT.", url=url
            )
            if url
            else say("A server on this data is already running. Stop it first, or set KB_DATA and KB_PORT.")
        )


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
