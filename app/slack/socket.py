"""Slack over a connection that this server opens, where Slack cannot reach it (socket mode)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.services import Services
from kb.errors import KBError
from kb.wording import say

if TYPE_CHECKING:
    from slack_bolt.adapter.socket_mode import SocketModeHandler

LOOK_SECONDS = 10.0  # how often the connection is looked at; it renews itself
PING_SECONDS = 5.0  # a connection whose other end is gone is noticed after about five of them


class SocketDownError(KBError):
    """There is no connection to Slack."""

    def __init__(self) -> None:
        super().__init__(say("There is no connection to Slack. Check KB_SLACK_APP_TOKEN and the network."))


class SocketLink:
    """The connection, kept up by a background job."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._handler: SocketModeHandler | None = None
        self._is_closed = False

    def keep_up(self) -> None:
        """Connect if there is no connection. Raises SocketDownError."""
        from slack_sdk.errors import SlackClientError

        with self._lock:
            if self._is_closed:
                return
            try:
                client = (self._handler or self._made()).client
                if not client.is_connected():
                    client.connect_to_new_endpoint()
            except (SlackClientError, OSError) as error:
                raise SocketDownError from error
            if not client.is_connected():
                raise SocketDownError

    def close(self) -> None:
        """End the connection, without waiting for the threads of the framework, which look up now and then."""
        self._is_closed = True
        if self._handler:
            threading.Thread(target=self._handler.client.close, name="slack-close", daemon=True).start()

    def _made(self) -> SocketModeHandler:
        from slack_bolt.adapter.socket_mode import SocketModeHandler

        from app.slack.bot import make_bot

        token = self._services.settings.slack_secret("app_token")
        self._handler = SocketModeHandler(make_bot(self._services), token, ping_interval=PING_SECONDS)
        return self._handler
