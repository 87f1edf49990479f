"""Send a letter that may be sent once only, and note what became of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from app.mail.addressees import Addressee, Desk
from app.mail.handing import MailConnection, MailServerError, RefusedMailError, UnclearMailError, accepted
from app.mail.message import Mail, composed
from app.mail.server import sender_of
from app.services import Services
from app.words.mail_replies import UNWRITTEN
from kb.people.mailing import Kind, State

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """What letters are sent with."""

    services: Services
    base: str  # address of the server, without a slash at its end
    connection: MailConnection

    def send(self, to: Addressee, kind: Kind, about: str, write: Callable[[Desk], Mail | None]) -> State | None:
        """Write and send a letter; None if another server has it in hand, or if it was sent.

        One recipient's trouble is noted and stops nobody else's mail. Raises MailServerError.
        """
        mailing = self.services.people.mailing
        if not mailing.claim(to.recipient, kind, about):
            return None
        letter = (to.recipient, kind, about)
        try:
            state = self._handed_over(to, write)
        except MailServerError as error:
            mailing.put_back(*letter, error.why)
            raise
        except RefusedMailError as error:
            if not error.is_final:
                return mailing.failed(*letter, error.why)
            mailing.settle(*letter, "failed", error.why)
            return "failed"
        except UnclearMailError:
            mailing.settle(*letter, "unclear")
            return "unclear"
        except Exception:  # whatever it is, the next one gets mail
            log.exception("A mail could not be written.")
            return mailing.failed(*letter, UNWRITTEN)
        mailing.settle(*letter, state)  # if this fails, it stays in hand: what was sent is not sent again
        return state

    def _handed_over(self, to: Addressee, write: Callable[[Desk], Mail | None]) -> State:
        address = accepted(to.address)
        desk = Desk.of(self.services, self.base, to)
        mail = write(desk)
        if mail is None:
            return "empty"
        sender, now = sender_of(self.services.settings.mail_from), self.services.clock.now()
        self.connection.send(composed(mail, sender, address, now, desk.reader), address)
        return "sent"
