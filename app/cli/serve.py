"""Start the server: listen first, index while pages already answer."""

from __future__ import annotations

import logging
import socket
import sys

from app.cli.common import need_entries
from app.cli.running import announce, running_server, withdraw
from app.cli.workers import need_database, serve_with_workers
from app.data_folder import HeldError, held
from app.http.server import bound
from app.settings import Settings
from app.words.reader import Reader
from kb.errors import KBError
from kb.people.acting import acting
from kb.people.secret import new_secret
from kb.wording import say


def run(settings: Settings, reader: Reader) -> None:
    """Serve until stopped."""
    need_entries(settings)
    _need_settings(settings)
    try:
        with held(settings.data):
            withdraw(settings.data)  # an old record of a server that was killed
            with bound(settings.host, settings.port) as opened:
                (_serve_together if settings.workers > 1 else _serve)(settings, reader, opened)
    except HeldError as error:
        raise AlreadyRunningError(running_server(settings.data) or "") from error


def _need_settings(settings: Settings) -> None:
    """Raise the first fault in the settings, a KBError."""
    from app.cli.channels import need_channels
    from app.signin.agreement import need_agreement

    need_agreement(settings)
    need_channels(settings)
    need_database(settings)
    if settings.auth == "none" and not (settings.is_loopback or settings.auth_none_is_fine):
        raise ExposedError(settings.host)


def _serve(settings: Settings, reader: Reader, opened: socket.socket) -> None:
    from app.cli.worker import greet, prepare_process, serve_here
    from app.services import Services

    prepare_process()
    secret = new_secret()

    def begun(services: Services) -> None:
        greet(settings, services, reader)
        _announce(settings, reader, secret)

    try:
        serve_here(settings, opened, secret, begun=begun)
    finally:
        withdraw(settings.data)


def _serve_together(settings: Settings, reader: Reader, opened: socket.socket) -> None:
    """Only watch over the processes that serve: what they need is not loaded here."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    secret = new_secret()
    _announce(settings, reader, secret)
    try:
        serve_with_workers(settings, opened, secret, reader.locale, acting().way)
    finally:
        withdraw(settings.data)


def _announce(settings: Settings, reader: Reader, secret: str) -> None:
    about = {"auth": settings.auth, "public": settings.public_address}
    announce(settings.data, settings.host, settings.port, settings.shown, secret, **about)
    print(reader("cli.serving", url=settings.local_address), file=sys.stderr, flush=True)


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
