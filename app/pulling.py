"""Pull from a CRM on the server's schedule, and write back what is new."""

from __future__ import annotations

from collections.abc import Callable

from app.connections import puller_of, state_of, write_back
from app.services import Services
from app.writing_back import write_by_itself
from kb.errors import NotSavedError
from kb.viewer import OPERATOR


def pull_by_itself(
    services: Services, name: str, wait: Callable[[float], object], is_stopping: Callable[[], bool]
) -> None:
    """Pull once, for the server's schedule; nothing before somebody has looked at a first pull. Raises KBError."""
    settings = services.settings
    if not state_of(settings, name).progress.written_at:
        return
    puller = puller_of(settings, name, wait, services.clock)
    puller.is_stopping = is_stopping
    pulled = puller.run(write=True, sweep=False)
    if pulled.report and pulled.report.written:
        services.people.audit.note("imported", OPERATOR, pulled.place, entries=pulled.report.written, source="crm")
    if pulled.report and pulled.report.failure:
        raise NotSavedError(pulled.report.failure)
    if pulled.is_complete and write_back(settings, name):
        write_by_itself(settings, name, puller.connector, services.people.audit)
