"""Hand mail to the mail server, one recipient at a time, and tell apart what can go wrong."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage

from app.mail.server import MailServer, mailable, sender_of
from app.settings import Settings
from app.words.mail_replies import UNMAILABLE
from kb.errors import KBError, why_refused
from kb.wording import say

SECONDS = 30.0  # for each answer of the server
TAKEN = (250, 251)  # 251: it will forward
FOR_GOOD = 500  # codes from here on: trying again changes nothing
CLOSING = 421  # the server closes the connection


class MailServerError(KBError):
    """The mail server takes no mail at all now."""

    def __init__(self, why: str) -> None:
        super().__init__(
            say(
                "The mail server cannot be used now ({why}). Check KB_SMTP_URL and that the server is running.", why=why
            )
        )
        self.why = why


class RefusedMailError(KBError):
    """The mail server refuses this recipient or this mail."""

    def __init__(self, why: str, *, is_final: bool) -> None:
        super().__init__(say("The mail server refused it ({why}).", why=why))
        self.why = why
        self.is_final = is_final


class UnclearMailError(KBError):
    """The connection broke while a mail was handed over: it may have arrived, so it is not sent again."""

    def __init__(self) -> None:
        super().__init__(say("The connection broke at the end; it may have arrived."))


class MailConnection:
    """A connection to the mail server, opened by the first mail; a context manager."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = sender_of(settings.mail_from)
        self._client: smtplib.SMTP | None = None

    def __enter__(self) -> MailConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def send(self, message: EmailMessage, to: str) -> None:
        """Hand over a mail for one recipient. Raises MailServerError, RefusedMailError, UnclearMailError."""
        client = self._opened()
        self._envelope(client, to)
        try:
            code, reply = client.data(message.as_bytes())
        except smtplib.SMTPDataError as error:
            self._reset(client)
            raise _refused(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise UnclearMailError from error
        if code != TAKEN[0]:
            self._reset(client)
            raise _refused(code, reply)

    def try_it(self) -> None:
        """Connect and sign in, without sending anything. Raises MailServerError."""
        self._opened()

    def _opened(self) -> smtplib.SMTP:
        if self._client is None:
            try:
                server = MailServer.of(self._settings.smtp_url)
                self._client = _connected(server, self._sender.domain)
                if server.user:
                    self._client.login(server.user, self._settings.mail_password)
                self._client.ehlo_or_helo_if_needed()
            except (OSError, smtplib.SMTPException) as error:
                self._drop()
                raise MailServerError(_why(error)) from error
        return self._client

    def _envelope(self, client: smtplib.SMTP, to: str) -> None:
        """Say from whom and to whom; what concerns the sender or the connection concerns every mail."""
        try:
            code, reply = client.mail(self._sender.addr_spec)
            if code != TAKEN[0]:
                self._drop()
                raise MailServerError(_said(code, reply))
            code, reply = client.rcpt(to)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise MailServerError(_why(error)) from error
        if code == CLOSING:
            self._drop()
            raise MailServerError(_said(code, reply))
        if code not in TAKEN:
            self._reset(client)
            raise _refused(code, reply)

    def _reset(self, client: smtplib.SMTP) -> None:
        try:
            client.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError, smtplib.SMTPException):
                client.quit()
            client.close()


def accepted(address: str) -> str:
    """Return an address as mail servers take it. Raises RefusedMailError if none would."""
    try:
        return mailable(address)
    except ValueError as error:
        raise RefusedMailError(UNMAILABLE, is_final=True) from error


def _connected(server: MailServer, name: str) -> smtplib.SMTP:
    """Connect; certificates are checked, and without TLS where it is wanted nothing is sent."""
    context = ssl.create_default_context()
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, name, timeout=SECONDS, context=context)
    client = smtplib.SMTP(server.host, server.port, name, timeout=SECONDS)
    if server.security == "starttls":
        try:
            client.starttls(context=context)
        except (OSError, smtplib.SMTPException):
            client.close()
            raise
    return client


def _refused(code: int, reply: bytes | str) -> RefusedMailError:
    return RefusedMailError(_said(code, reply), is_final=code >= FOR_GOOD)


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{error.verify_message}"
    return why_refused(error) if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__


def _said(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(f"{code} {text}".split())[:200]
