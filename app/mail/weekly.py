"""When the weekly digest is due, and to whom it goes: to each once, however many servers run and restart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from app.mail.addressees import Addressee, Desk, addresses_of_settings, people_addressed
from app.mail.digest import digest, week_of
from app.mail.message import Mail
from app.mail.sending import Post
from app.mail.server import Weekly
from app.services import Services
from app.settings import Settings
from kb.loop.period import Period
from kb.people.mailing import State

LATE = timedelta(hours=48)  # how long after its time a digest is still sent: a server may have been down


def due_week(settings: Settings, now: datetime) -> Period | None:
    """Return the week whose digest is to be sent now."""
    if not settings.digest:
        return None
    at = Weekly.of(settings.digest).last(now)
    return week_of(at.date()) if now - at <= LATE else None


def addressees(services: Services, *, is_signed: bool) -> list[Addressee]:
    """Return who gets a digest; `is_signed`: whether people sign in."""
    found = people_addressed(services) if is_signed else list(addresses_of_settings(services))
    return [one for one in found if one.wants("digest")]


def send_digests(post: Post, week: Period, to: Sequence[Addressee]) -> Iterator[tuple[Addressee, State]]:
    """Send the digest of a week to those who have not got it; yield what became of each. Raises MailServerError."""
    mailing = post.services.people.mailing
    done = mailing.done("digest", week.key)
    for one in to:
        if one.recipient.id in done:
            continue
        told: list[str] = []

        def write(desk: Desk, told: list[str] = told) -> Mail | None:
            found = digest(desk, week)
            told += found.told
            return found.mail

        state = post.send(one, "digest", week.key, write)
        if state in ("sent", "unclear", "empty"):
            mailing.tell(one.recipient, "digest", week.key, told)
        if state:
            yield one, state
