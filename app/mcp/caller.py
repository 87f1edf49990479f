"""Who an assistant asks for, and everything a tool works with."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request

from app.http.dependencies import reader_of, services_of
from app.http.who import viewer_of
from app.seen import Seen
from app.services import Services
from app.words.addresses import entry_address
from app.words.reader import Reader
from kb.library import Library
from kb.loop.logbook import ClosedLogbook, Logbook
from kb.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, or whoever sits at this machine, as their assistant has it."""

    services: Services
    viewer: Viewer
    seen: Seen
    reader: Reader
    base: str  # address of the server, without a slash at its end

    @classmethod
    def of_request(cls, request: Request) -> Caller:
        """Return the caller of an HTTP request."""
        services = services_of(request)
        base = services.settings.public_url or str(request.base_url)
        return cls(services, viewer_of(request), request.state.seen, reader_of(request), base.rstrip("/"))

    @classmethod
    def here(cls, services: Services, viewer: Viewer, reader: Reader) -> Caller:
        """Return the caller of a command on this machine."""
        seen, settings = services.seen_by(viewer), services.settings
        reader = replace(reader, playbook=seen.library.playbook)
        if settings.auth != "none":
            reader = replace(reader, is_former=services.people.names.recogniser())
        base = settings.public_url or settings.public_address
        return cls(services, viewer, seen, reader, base.rstrip("/"))

    @property
    def library(self) -> Library:
        """What the caller may see."""
        return self.seen.library

    @property
    def logbook(self) -> Logbook:
        """Where searches are logged; nowhere while there is nothing to find."""
        return self.seen.logbook if self.library.has_entries else ClosedLogbook(self.services.activity)

    @property
    def name(self) -> str:
        """The name under which the caller saves; empty where nobody signs in."""
        return self.services.written_name(self.viewer) if self.viewer.is_signed_in else ""

    def address(self, entry_id: str) -> str:
        """Return the address of an entry, to cite."""
        return self.base + entry_address(entry_id)
