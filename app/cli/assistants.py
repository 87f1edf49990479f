"""`kb mcp`: the knowledge base for an assistant on this machine."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import need_entries, reader_of, settings_or_fail

if TYPE_CHECKING:
    from app.services import Services
    from kb.viewer import Viewer


def mcp(
    ctx: typer.Context,
    person: Annotated[
        str, typer.Option("--as", help="See and do only what the person with this address may.", metavar="ADDRESS")
    ] = "",
) -> None:
    """Serve an assistant over standard input and output (Model Context Protocol); the assistant starts it."""
    from app.cli.running import running_server
    from app.data_folder import prepare
    from app.http.server import share_cores
    from app.mcp.stdio import serve
    from app.services import open_services
    from kb.people.acting import acting

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")  # to standard error
    share_cores()
    prepare(settings.data)
    is_served = running_server(settings.data) is not None
    services = open_services(settings)
    try:
        _viewer(services, person)
        serve(services, lambda: _viewer(services, person), reader, acting().way, prepares=not is_served)
    finally:
        services.close()


def _viewer(services: Services, address: str) -> Viewer:
    """Return who asks. Raises PersonNotFoundError, also for somebody who was disabled."""
    from kb.people.errors import PersonNotFoundError
    from kb.viewer import OPERATOR

    if not address:
        return OPERATOR
    person = services.people.people.by_address(address)
    if person is None or person.is_disabled:
        raise PersonNotFoundError(address)
    return person.viewer
