"""Where a browser is, for passkeys; and which addresses nobody can listen to."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.settings import LOOPBACK


@dataclass(frozen=True, slots=True)
class Site:
    """Where the browser is: a passkey answers only the host that it was made for."""

    origin: str

    @property
    def host(self) -> str:
        """The id of the relying party."""
        return urlsplit(self.origin).hostname or ""

    @property
    def is_possible(self) -> bool:
        """Whether browsers offer passkeys here: at a name, over TLS or on this machine."""
        try:
            ip_address(self.host)
        except ValueError:
            return bool(self.host) and (urlsplit(self.origin).scheme == "https" or self.host in LOOPBACK)
        return False


def is_safe(url: str) -> bool:
    """Whether nobody can listen to what is sent to an address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
