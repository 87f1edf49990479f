"""The app as Slack's framework knows it: what answers which request, whichever way it comes."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from slack_bolt import Ack, App, BoltContext, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from app.services import Services
from app.settings import Settings
from app.slack import drafting, unfolding, using
from app.slack.answering import HELPFUL, USED, answer_to, usage
from app.slack.blocks import Message, escaped, plain_text, section, window
from app.slack.desk import Asking, Desk, Work
from app.slack.members import Members, error_in

SECONDS = 3  # to wait for Slack, which itself waits no longer for an answer
ANY_COMMAND = re.compile("^/")
HELP = ("", "help", "ヘルプ")
UNAUTHORISED = (  # before it is known who asks, so in both languages
    "Slackがこのアプリのトークンを拒否しました。管理者に連絡してください。 / Slack refused the token of this app."
)
NAME = "Kachisuji 勝ち筋"
Body = Mapping[str, Any]
log = logging.getLogger(__name__)


def make_bot(services: Services, members: Members | None = None) -> App:
    """Return the app over some services; nothing is asked of Slack before the first request."""
    quiet = logging.getLogger("kachisuji.slack")  # the framework logs whole requests
    quiet.setLevel(logging.ERROR)
    app = App(
        client=web_client(services.settings),
        name="kachisuji",
        process_before_response=True,  # else answers are looked for every ten milliseconds
        request_verification_enabled=False,  # `app/slack/http.py` checks, also for repetition
        token_verification_enabled=False,
        user_facing_authorize_error_message=UNAUTHORISED,
        logger=quiet,
    )
    it = _Listeners(Desk(services, members or Members()))
    app.command(ANY_COMMAND)(it.command)
    app.action(HELPFUL)(ack=_received, lazy=[it.helpful])
    app.action(USED)(ack=_received, lazy=[it.used])
    app.view(using.WINDOW)(it.deal_chosen)
    app.shortcut(drafting.ACTION)(ack=_received, lazy=[it.draft])
    app.view(drafting.WINDOW)(ack=_received, lazy=[it.draft_filled])
    app.event("link_shared")(ack=_received, lazy=[it.link_shared])
    return app


def web_client(settings: Settings) -> WebClient:
    """Return a client of Slack's Web API, as the app."""
    return WebClient(token=settings.slack_secret("bot_token"), base_url=settings.slack_api, timeout=SECONDS)


def _received(ack: Ack) -> None:
    ack()


class _Listeners:
    """What is done when something happens in Slack."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.services = desk.services

    def command(self, ack: Ack, command: Body, client: WebClient, context: BoltContext, respond: Respond) -> None:
        text = plain_text(str(command.get("text") or ""), {}).strip()
        later = partial(self._respond, respond, client, context, partial(answer_to, text=text))

        def work(asking: Asking) -> Message:
            if text.lower() in HELP:
                return usage(str(command["command"]), asking.reader)
            if self.services.has_answered and self.services.ready_for(asking.viewer):
                return answer_to(asking, text)
            self.services.preparing.begin(object(), later)
            return Message(escaped(asking.reader("slack.preparing")))

        ack(**_shown(self.desk.answer(client, context, work)))

    def helpful(self, action: Body, client: WebClient, context: BoltContext, respond: Respond) -> None:
        self._respond(respond, client, context, lambda asking: using.helped(asking, str(action["value"])))

    def used(self, action: Body, body: Body, client: WebClient, context: BoltContext, respond: Respond) -> None:
        def work(asking: Asking) -> Message:
            view = using.choosing(asking, str(action["value"]))
            if view is None:
                return Message(escaped(asking.reader("slack.no_deals")))
            client.views_open(trigger_id=body["trigger_id"], view=view)
            return Message("")

        self._respond(respond, client, context, work)

    def deal_chosen(self, ack: Ack, view: Body, client: WebClient, context: BoltContext) -> None:
        message = self.desk.answer(client, context, lambda asking: using.used(asking, view))
        ack(response_action="update", view=window("said", NAME, [section(message.text)]))

    def draft(self, shortcut: Body, client: WebClient, context: BoltContext, respond: Respond) -> None:
        def work(asking: Asking) -> Message:
            client.views_open(trigger_id=shortcut["trigger_id"], view=drafting.asking_for(asking, shortcut))
            return Message("")

        self._respond(respond, client, context, work)

    def draft_filled(self, view: Body, client: WebClient, context: BoltContext) -> None:
        message = self.desk.answer(client, context, lambda asking: drafting.drafted(asking, view))
        with _whether_it_arrives():
            client.chat_postMessage(channel=context.user_id or "", unfurl_links=False, **_said(message))

    def link_shared(self, event: Body, body: Body, client: WebClient, context: BoltContext) -> None:
        if event.get("source") == "composer" or body.get("is_ext_shared_channel"):
            return  # not sent yet; or other companies read the channel
        message = self.desk.answer(client, context, lambda asking: unfolding.unfolded(asking, event))
        if message.blocks:
            with _whether_it_arrives():  # not where the app is not in the channel
                client.chat_postEphemeral(channel=event["channel"], user=context.user_id or "", **_said(message))

    def _respond(self, respond: Respond, client: WebClient, context: BoltContext, work: Work) -> None:
        message = self.desk.answer(client, context, work)
        if not message.text:
            return
        with _whether_it_arrives():
            respond(**_shown(message), replace_original=False)


@contextmanager
def _whether_it_arrives() -> Iterator[None]:
    """Send something to Slack; nobody can be told if that fails."""
    try:
        yield
    except (SlackClientError, OSError) as error:
        log.warning("An answer did not reach Slack: %s", error_in(error))


def _said(message: Message) -> dict[str, Any]:
    return {"text": message.text, **({"blocks": list(message.blocks)} if message.blocks else {})}


def _shown(message: Message) -> dict[str, Any]:
    """Return a message that only the member sees."""
    return {**_said(message), "response_type": "ephemeral"}
