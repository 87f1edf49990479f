"""A mail server of ours on a free port: it takes mail, refuses some addresses, and goes away when told to."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult


class Mailbox:
    """What the server got, and how it answers."""

    def __init__(self) -> None:
        self.mail: list[tuple[str, EmailMessage]] = []  # (recipient, message)
        self.raw: list[bytes] = []
        self.refused: dict[str, str] = {}  # recipient → answer
        self.says_no_to_sender = ""
        self.breaks = False  # the connection, when a mail is complete
        self.users: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        """The address for KB_SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        """Who got mail, in order."""
        return [to for to, _ in self.mail]

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        """Answer the sender."""
        if self.says_no_to_sender:
            return self.says_no_to_sender
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """Answer a recipient."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.raw.append(envelope.content)
        self.mail += [(to, message) for to in envelope.rcpt_tos]
        if self.breaks:
            server.transport.abort()
        return "250 OK"

    def allow(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
        """Let in whoever knows the password."""
        self.users.append(login.login.decode())
        return AuthResult(success=login.password == b"right password", handled=False)


@contextmanager
def mailbox(context: ssl.SSLContext | None = None, *, is_tls: bool = False) -> Iterator[Mailbox]:
    """Serve a mailbox; with a context by STARTTLS, or by TLS from the start, and with a password."""
    box, loop = Mailbox(), asyncio.new_event_loop()
    secured: dict[str, Any] = {}
    if context:
        secured = {"authenticator": box.allow, "auth_required": not is_tls, "auth_require_tls": not is_tls}
        secured |= {} if is_tls else {"tls_context": context, "require_starttls": True}

    def serve() -> SMTP:
        return SMTP(box, loop=loop, hostname="mail.test", **secured)

    server = loop.run_until_complete(loop.create_server(serve, "127.0.0.1", 0, ssl=context if is_tls else None))
    box.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
