"""The message action: a draft of an entry from a thread, with the thread's address. A person publishes it later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from app.http.allowed import WRITING, refused
from app.mcp.proposing import propose
from app.shapes.assistants import ProposeIn
from app.slack.blocks import Block, Message, cut, escaped, link, options, plain, plain_text, quoted, window
from app.slack.desk import Asking
from app.words.reader import Reader
from ingest.front_matter import composed
from kb.entry import PRIVATE
from kb.errors import KBError
from kb.people.acting import acting

ACTION, WINDOW = "draft_entry", "draft"
ROUTE = "Slack draft"  # in the audit log, when it is refused
REASON = "drafted in Slack"  # in the history
MOST_MESSAGES = 100  # of a thread
MOST_QUOTED = 15_000  # characters of a thread
MOST_KEPT = 1_200  # characters of the message, in case the app may not read its channel
MOST_TYPED = 2_000  # characters of the takeaway
MOST_NAMED = 10  # people of a thread who are asked for by name
KINDS: tuple[str, ...] = get_args(ProposeIn.model_fields["kind"].annotation)
USUAL = "note"


def asking_for(asking: Asking, shortcut: Mapping[str, Any]) -> Block:
    """Return the window for title, kind and lesson. Raises ForbiddenError."""
    asking.need_account()
    if not asking.viewer.is_at_least(WRITING.role):
        asking.services.people.audit.denied(ROUTE, 403, acting())
        raise refused(WRITING, asking.viewer, asking.services.people.people)
    reader, message, channel = asking.reader, shortcut["message"], shortcut["channel"]
    text = plain_text(str(message.get("text") or ""), {})
    ts = str(message.get("thread_ts") or message["ts"])
    kept = {"channel": channel["id"], "ts": ts, "text": text[:MOST_KEPT], "hidden": _is_private(channel)}
    title = next(iter(text.strip().splitlines()), "")[:80]
    kinds = options([(kind, reader.label("kind", kind)) for kind in KINDS])
    usual = next(kind for kind in kinds if kind["value"] == USUAL)
    line, lines = {"type": "plain_text_input"}, {"type": "plain_text_input", "multiline": True}
    blocks = [
        _input("title", reader("slack.title"), {**line, "max_length": 150, "initial_value": title}),
        _input("kind", reader.field("kind"), {"type": "static_select", "options": kinds, "initial_option": usual}),
        _input("lesson", reader("slack.lesson"), {**lines, "max_length": MOST_TYPED}, is_optional=True),
    ]
    heading, close, submit = (reader(f"slack.{name}") for name in ("make_entry", "close", "draft"))
    return window(WINDOW, heading, blocks, close=close, submit=submit, kept=json.dumps(kept, ensure_ascii=False))


def drafted(asking: Asking, view: Mapping[str, Any]) -> Message:
    """Save the draft and return where it is. Raises KBError."""
    asking.need_account()
    caller, kept = asking.caller, json.loads(view["private_metadata"])
    given = {name: _given(view, name) for name in ("title", "kind", "lesson")}
    body = _body(given["lesson"], _quoted(asking, kept), _address(asking.client, kept), caller.reader)
    fields = {"title": " ".join(given["title"].split()), "kind": given["kind"]}
    if kept["hidden"] and asking.viewer.is_signed_in:
        fields["visibility"] = PRIVATE  # what was said in private starts as the writer's own
    kind: Any = given["kind"]
    try:
        saved = propose(caller, ProposeIn(text=composed(fields, body), kind=kind), reason=REASON, route=ROUTE)
    except KBError as error:  # with what was typed, which is in no window any more
        return Message(f"{escaped(caller.reader.say(error.sentence))}\n{quoted(given['lesson'], MOST_TYPED)}".strip())
    note = escaped(caller.reader.sentences([saved.note, *saved.problems]))
    return Message(f"{link(saved.title, saved.address)}\n{note}")


def _quoted(asking: Asking, kept: Mapping[str, Any]) -> str:
    """Return the thread as a quotation; the one message if the app may not read the channel."""
    try:
        answer = asking.client.conversations_replies(channel=kept["channel"], ts=kept["ts"], limit=MOST_MESSAGES)
        messages: list[dict[str, Any]] = answer.get("messages") or []
    except (SlackClientError, OSError):
        messages = []
    if not messages:
        return _quotation(kept["text"])
    named = list(dict.fromkeys(str(one["user"]) for one in messages if one.get("user")))
    names = {user: name for user in named[:MOST_NAMED] if (name := asking.name_of(user))}
    parts = [(names.get(str(one.get("user")), ""), plain_text(str(one.get("text") or ""), names)) for one in messages]
    said = "\n\n".join(f"**{name}**: {text}" if name else text for name, text in parts if text.strip())
    return _quotation(said)


def _quotation(text: str) -> str:
    return cut("\n".join(f"> {line}".rstrip() for line in text.strip().splitlines()), MOST_QUOTED)


def _address(client: WebClient, kept: Mapping[str, Any]) -> str:
    """Return the address of the thread; empty if Slack does not give it."""
    try:
        found = client.chat_getPermalink(channel=kept["channel"], message_ts=kept["ts"]).get("permalink")
    except (SlackClientError, OSError):
        return ""
    return str(found or "")


def _body(lesson: str, quoted: str, address: str, reader: Reader) -> str:
    parts = [f"## {reader('slack.lesson_heading')}\n{lesson.strip()}"] if lesson.strip() else []
    source = f"[{reader('slack.thread')}]({address})" if address else ""
    parts.append("\n\n".join(filter(None, (f"## {reader('slack.thread')}", quoted, source))))
    return "\n\n".join(parts) + "\n"


def _given(view: Mapping[str, Any], name: str) -> str:
    """Return what was typed or chosen in a field."""
    found = view["state"]["values"][name][name]
    return str(found.get("value") or (found.get("selected_option") or {}).get("value") or "")


def _is_private(channel: Mapping[str, Any]) -> bool:
    """Whether few people read a conversation; Slack gives those no name of their own."""
    return str(channel["id"]).startswith(("D", "G")) or channel.get("name") in ("directmessage", "privategroup")


def _input(name: str, label: str, element: Block, *, is_optional: bool = False) -> Block:
    shown = {"type": "input", "block_id": name, "label": plain(label), "optional": is_optional}
    return {**shown, "element": {**element, "action_id": name}}
