"""Who may get mail: each with what they may see, in their language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.seen import Seen
from app.services import Services
from app.words.reader import Reader
from kb.audience import visible_to
from kb.people.mailing import Kind, Recipient
from kb.viewer import NOBODY, Viewer


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody who may get mail."""

    recipient: Recipient
    address: str
    viewer: Viewer

    def wants(self, kind: Kind) -> bool:
        """Whether they have not stopped a kind of mail."""
        return kind not in self.recipient.stopped


@dataclass(frozen=True, slots=True)
class Desk:
    """What a mail to one addressee is written from: only what they may see."""

    services: Services
    base: str  # address of the server, without a slash at its end
    to: Addressee
    seen: Seen
    reader: Reader

    @classmethod
    def of(cls, services: Services, base: str, to: Addressee) -> Desk:
        """Return the desk for somebody; it takes a moment if nobody with the same audiences came before."""
        seen = services.seen_by(to.viewer)
        language = to.recipient.language or services.settings.mail_language
        reader = Reader.of(language, seen.library.playbook, services.clock)
        if to.viewer.is_signed_in:
            reader = replace(reader, is_former=services.people.names.recogniser(), counts_people=True)
        return cls(services, base, to, seen, reader)

    def stop(self, kind: Kind) -> str:
        """Return the address of the page that stops a kind of mail."""
        return f"{self.base}/unsubscribe/{self.to.recipient.link(kind)}?lang={self.reader.locale}"


def people_addressed(services: Services) -> list[Addressee]:
    """Return the people who may sign in and have an address; those who see the same stand together."""
    mailing = services.people.mailing
    known = {one.person: one for one in mailing.recipients() if one.person}
    found = [
        Addressee(known.get(person.id) or mailing.of_person(person.id), person.address, person.viewer)
        for person in services.people.people.all()
        if person.address and not person.is_disabled
    ]
    return sorted(found, key=lambda one: sorted(visible_to(one.viewer)))


def addresses_of_settings(services: Services) -> Iterator[Addressee]:
    """Yield the addresses that get the digest where nobody signs in: they see what is visible to all."""
    for address in services.settings.digest_to:
        yield Addressee(services.people.mailing.of_address(address), address, NOBODY)
