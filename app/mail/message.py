"""A mail: what it says, and the message made of it, as plain text and as HTML without anything foreign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from app.words.reader import Reader

TEMPLATES = Path(__file__).parent.parent / "templates" / "mail"


@dataclass(frozen=True, slots=True)
class Row:
    """A figure."""

    name: str
    now: str
    before: str


@dataclass(frozen=True, slots=True)
class Item:
    """An entry that is named."""

    title: str
    address: str
    mark: str = ""  # won, lost
    label: str = ""  # the mark in words
    aside: str = ""  # an amount
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A list below a heading."""

    heading: str
    items: tuple[Item, ...]
    more: str = ""
    more_address: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says, in its reader's language."""

    subject: str
    heading: str
    lead: tuple[str, ...]
    why: str  # somebody gets it
    stop: str  # address of the page that stops this kind of mail
    key: str  # begins its Message-ID
    rows: tuple[Row, ...] = ()
    parts: tuple[Part, ...] = ()
    button: tuple[str, str] = ("", "")  # words and address


class _Whole(UnstructuredHeader):
    """A header on one line: an address that is broken or encoded is none for the programs that read it."""

    name: str

    def fold(self, *, policy: EmailPolicy) -> str:
        """Return the line."""
        return f"{self.name}: {self}{policy.linesep}"


def _registry() -> HeaderRegistry:
    registry = HeaderRegistry()
    registry.map_to_type("List-Unsubscribe", _Whole)  # type: ignore[arg-type]  # it is made a header there
    return registry


POLICY = SMTP.clone(header_factory=_registry())


def composed(mail: Mail, sender: Address, to: str, now: datetime, reader: Reader) -> EmailMessage:
    """Return the message of a mail for one recipient."""
    message: EmailMessage = EmailMessage(policy=POLICY)
    message["Subject"] = one_line(mail.subject)
    message["From"] = sender
    message["To"] = Address(addr_spec=to)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.key}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{mail.stop}>"
    if mail.stop.startswith("https://"):  # one click is for these only (RFC 8058)
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(as_text(mail, reader), cte="base64")
    message.add_alternative(as_html(mail, reader), subtype="html", cte="base64")
    message["Content-Language"] = reader.locale  # now, or it would become that of the first part
    return message


def as_html(mail: Mail, reader: Reader) -> str:
    """Return a mail as a page: one column, no script, no picture, nothing from another address."""
    return _templates().get_template("mail.html").render(mail=mail, t=reader)


def as_text(mail: Mail, reader: Reader) -> str:
    """Return a mail as plain text."""
    return "\n".join(_lines(mail, reader)) + "\n"


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters, as titles and headers need it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _lines(mail: Mail, reader: Reader) -> Iterator[str]:
    yield from (one_line(mail.heading), "", *mail.lead)
    if mail.rows:
        yield ""
        for row in mail.rows:
            yield f"- {row.name}: {row.now}" + (f" ({reader('mail.before', value=row.before)})" if row.before else "")
    if mail.button[1]:
        yield from ("", f"{mail.button[0]}:", mail.button[1])
    for part in mail.parts:
        yield from ("", f"■ {part.heading}")
        for item in part.items:
            yield ""
            mark = f"[{item.label}] " if item.label else ""
            yield f"{mark}{one_line(item.title)}" + (f" · {item.aside}" if item.aside else "")
            yield from (f"  {one_line(note)}" for note in item.notes)
            yield f"  {item.address}"
        if part.more:
            yield from ("", f"{part.more}: {part.more_address}")
    yield from ("", "-- ", mail.why, f"{reader('mail.stop')}: {mail.stop}")


@cache
def _templates() -> Environment:
    made: Any = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment: Environment = made
    environment.filters["one_line"] = one_line
    return environment
