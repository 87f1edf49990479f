"""The mail server that mail is handed to, as its address says. Standard library only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Literal
from urllib.parse import unquote, urlsplit

Security = Literal["none", "starttls", "tls"]
SCHEMES: dict[str, tuple[Security, int]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([a-z]{3})[a-z]* +(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, and how."""

    host: str
    port: int
    security: Security
    user: str

    @classmethod
    def of(cls, url: str) -> MailServer:
        """Read an address such as smtp+starttls://user@mail.example.co.jp:587. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("expected smtp://HOST, smtp+starttls://USER@HOST or smtps://USER@HOST")
        if parts.password is not None:
            raise ValueError("the password belongs into KB_SMTP_PASSWORD_FILE")
        security, usual_port = SCHEMES[parts.scheme]
        user = unquote(parts.username or "")
        if user and security == "none" and parts.hostname not in THIS_MACHINE:
            raise ValueError("a password would be sent in clear; use smtp+starttls:// or smtps://")
        return cls(parts.hostname, parts.port or usual_port, security, user)


@dataclass(frozen=True, slots=True)
class Weekly:
    """A time of each week, in the machine's time zone."""

    weekday: int  # 0: Monday
    at: time

    @classmethod
    def of(cls, text: str) -> Weekly:
        """Read a day and a time such as `mon 08:00`. Raises ValueError."""
        found = _TIME.fullmatch(text.strip().lower())
        if found is None or found[1] not in DAYS:
            raise ValueError("expected a day and a time such as 'mon 08:00'")
        return cls(DAYS.index(found[1]), time(int(found[2]), int(found[3])))

    def last(self, now: datetime) -> datetime:
        """Return when it was that time last."""
        local = now.astimezone()
        day = local.date() - timedelta(days=(local.weekday() - self.weekday) % 7)
        at = datetime.combine(day, self.at).astimezone()
        return at if at <= local else datetime.combine(day - timedelta(days=7), self.at).astimezone()


def mailable(address: str) -> str:
    """Return an address as mail servers take it. Raises ValueError if none would."""
    local, _, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        return Address(addr_spec=f"{local}@{ascii_domain}").addr_spec
    except (ValueError, IndexError, MessageError) as error:  # IndexError: what the parser raises for some
        raise ValueError(f"'{address[:100]}' is not an address that mail can be sent to") from error


def sender_of(text: str) -> Address:
    """Return a sender, written as `Name <address>` or as the address alone. Raises ValueError."""
    name, address = parseaddr(text)
    if not address or any(ord(sign) < 32 for sign in text):
        raise ValueError("expected an address such as 'Kachisuji <kb@example.co.jp>'")
    return Address(name, addr_spec=mailable(address))
