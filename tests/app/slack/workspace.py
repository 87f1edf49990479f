"""A workspace of Slack on this machine: its Web API as far as the app uses it, and what it sends, signed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from queue import SimpleQueue
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from fastapi import FastAPI, Request, WebSocket
from starlette.testclient import TestClient

from kb.clock import CLOCK
from tests.waiting import DEADLINE_SECONDS, wait_until

SECRET, TEAM = "a-signing-secret-of-nobody", "T1"
SETTINGS = {"slack_bot_token": "xoxb-test", "slack_signing_secret": SECRET}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
Payload = dict[str, Any]
_numbers = count()  # no two requests of Slack are the same


def member(address: str, locale: str = "ja-JP", **more: Any) -> Payload:
    """Return what Slack says of a member."""
    name = address.partition("@")[0]
    profile = {"email": address, "display_name": name}
    return {"team_id": TEAM, "name": name, "locale": locale, "is_email_confirmed": True, "profile": profile, **more}


@dataclass
class Workspace:
    """What Slack knows, and which calls it got."""

    url: str = ""
    members: dict[str, Payload] = field(default_factory=dict)
    thread: list[Payload] = field(default_factory=list)
    calls: list[tuple[str, Payload]] = field(default_factory=list)
    to_send: SimpleQueue[Payload] = field(default_factory=SimpleQueue)  # over the connection of socket mode
    is_away: bool = False

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a server that works with this workspace."""
        return {**SETTINGS, "slack_api": f"{self.url}/api/"}

    def got(self, method: str) -> list[Payload]:
        """Return the calls of a method."""
        return [payload for name, payload in self.calls if name == method]

    def next_call(self, method: str, after: int = 0) -> Payload:
        """Return the call of a method after so many, as soon as it comes."""
        wait_until(lambda: len(self.got(method)) > after, f"a call of {method}")
        return self.got(method)[after]

    def answer(self, method: str, sent: Payload) -> Payload:
        """Answer a call."""
        self.calls.append((method, sent))
        if self.is_away:
            return {"ok": False, "error": "internal_error"}
        match method:
            case "auth.test":
                return {"ok": True, "team_id": TEAM, "user_id": "UBOT", "bot_id": "B1", "team": "青葉"}
            case "users.info":
                known = self.members.get(str(sent["user"]))
                return {"ok": True, "user": known} if known else {"ok": False, "error": "user_not_found"}
            case "conversations.replies":
                if not self.thread:
                    return {"ok": False, "error": "not_in_channel"}
                return {"ok": True, "messages": self.thread}
            case "chat.getPermalink":
                return {"ok": True, "permalink": f"https://aoba.slack.com/archives/C1/p{sent['message_ts']}"}
            case "apps.connections.open":
                return {"ok": True, "url": self.url.replace("http", "ws") + "/link"}
        return {"ok": True}


@contextmanager
def workspace(**members: Payload) -> Iterator[Workspace]:
    """Run a workspace until the test is over."""
    here = Workspace(members=dict(members))
    config = uvicorn.Config(_api(here), log_level="warning", lifespan="off", ws="websockets-sansio")
    config.timeout_graceful_shutdown = 1
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            wait_until(lambda: server.started, "a workspace")
            yield here
        finally:
            server.should_exit = True
            thread.join(DEADLINE_SECONDS)


def _api(here: Workspace) -> FastAPI:
    api = FastAPI()

    @api.post("/api/{method}")
    async def call(method: str, request: Request) -> Payload:
        body, kind = (await request.body()).decode(), request.headers.get("content-type", "")
        sent = json.loads(body) if kind.startswith(JSON) else dict(parse_qsl(body))
        for name in ("view", "blocks", "unfurls"):
            if isinstance(sent.get(name), str):
                sent[name] = json.loads(sent[name])
        return here.answer(method, sent)

    @api.post("/respond")
    async def respond(request: Request) -> str:
        here.calls.append(("respond", await request.json()))
        return "ok"

    @api.websocket("/link")
    async def link(connection: WebSocket) -> None:
        await connection.accept()
        await connection.send_json({"type": "hello", "num_connections": 1})
        sent = await asyncio.to_thread(here.to_send.get)
        await connection.send_json(sent)
        here.calls.append(("link", await connection.receive_json()))
        await connection.close()

    return api


def command(here: Workspace, text: str, user: str = "U1") -> Payload:
    """Return a slash command as Slack sends it."""
    return {
        "command": "/kachi", "text": text, "user_id": user, "team_id": TEAM, "channel_id": "C1",
        "response_url": f"{here.url}/respond", "trigger_id": f"1.{next(_numbers)}",
    }  # fmt: skip


def clicked(here: Workspace, action: str, value: str, user: str = "U1") -> Payload:
    """Return the click on a button."""
    return {
        "type": "block_actions", "user": {"id": user}, "team": {"id": TEAM}, "channel": {"id": "C1"},
        "trigger_id": f"1.{next(_numbers)}", "response_url": f"{here.url}/respond", "container": {"type": "message"},
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
    }  # fmt: skip


def filled(view: Payload, user: str = "U1", **given: Payload) -> Payload:
    """Return a window that was filled in."""
    values = {name: {name: value} for name, value in given.items()}
    return {
        "type": "view_submission", "user": {"id": user}, "team": {"id": TEAM},
        "view": {**view, "id": "V1", "state": {"values": values}},
    }  # fmt: skip


def chosen_for_draft(here: Workspace, text: str, channel: str = "sales", user: str = "U1") -> Payload:
    """Return the message action."""
    return {
        "type": "message_action", "callback_id": "draft_entry", "user": {"id": user}, "team": {"id": TEAM},
        "channel": {"id": "C1", "name": channel}, "message": {"type": "message", "text": text, "ts": "171.5"},
        "trigger_id": f"1.{next(_numbers)}", "response_url": f"{here.url}/respond", "message_ts": "171.5",
    }  # fmt: skip


def posted_links(*urls: str, user: str = "U1", **more: Any) -> Payload:
    """Return the event of links in a message."""
    event = {
        "type": "link_shared", "user": user, "channel": "C1", "message_ts": "171.6", "source": "conversations_history",
        "links": [{"url": url, "domain": "127.0.0.1"} for url in urls],
    }  # fmt: skip
    return {"type": "event_callback", "team_id": TEAM, "event_id": f"Ev{next(_numbers)}", "event": event, **more}


def signed(body: str, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a request of Slack."""
    sent = str(int(CLOCK.now().timestamp() if at is None else at))
    made = hmac.new(secret.encode(), f"v0:{sent}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": sent, "x-slack-signature": f"v0={made}"}


def send(client: TestClient, payload: Payload, **options: Any) -> Any:
    """Send something as Slack does, and return the answer."""
    body, kind = body_of(payload)
    headers = {"content-type": kind, **signed(body, **options)}
    # as a program: `TestClient.request` adds no Origin, which Slack does not send either
    return TestClient.request(client, "POST", "/slack/events", content=body.encode(), headers=headers)


def said(client: TestClient, payload: Payload) -> str:
    """Send something, and return the answer as text."""
    return json.dumps(send(client, payload).json(), ensure_ascii=False)


def body_of(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Return the body of a request, and its type."""
    if "command" in payload:
        return urlencode(payload), FORM
    if payload["type"] in ("event_callback", "url_verification"):
        return json.dumps(payload), JSON
    return urlencode({"payload": json.dumps(payload)}), FORM
