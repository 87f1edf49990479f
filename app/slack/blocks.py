"""What messages in Slack are built of. Text of entries and people never becomes a mention, a link or a command."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]
MOST_SECTION = 2_900  # characters; Slack takes 3,000
MOST_ADDRESS = 1_500
MOST_LABEL = 75  # of a button or an option
MOST_TITLE = 24  # of a window
_MARKED = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


@dataclass(frozen=True, slots=True)
class Message:
    """A message, with the text that stands in notifications and for screen readers."""

    text: str
    blocks: tuple[Block, ...] = ()


def escaped(text: str) -> str:
    """Return text as Slack shows it and does nothing else with it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain_text(text: str, names: Mapping[str, str]) -> str:
    """Return the text of a message as Markdown: Slack's marks become words and links."""

    def shown(found: re.Match[str]) -> str:
        what, label = found[1], found[2] or ""
        if what.startswith("@"):
            return f"@{label or names.get(what[1:], '…')}"
        if what.startswith(("#", "!")):
            return label or what.removeprefix("!").partition("^")[0]
        return f"[{label}]({what})" if label and label != what else what

    return _MARKED.sub(shown, text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def cut(text: str, most: int) -> str:
    """Return a text in bounded length."""
    return text if len(text) <= most else text[: most - 1] + "…"


def one_line(text: str, most: int = 200) -> str:
    """Return a text in one line, escaped."""
    return escaped(cut(" ".join(text.split()), most))


def link(title: str, address: str) -> str:
    """Return a link; only its title if the address is longer than a message takes."""
    if len(address) > MOST_ADDRESS:
        return one_line(title)
    return f"<{escaped(address)}|{one_line(title).replace('|', '｜') or '…'}>"


def quoted(text: str, most: int = 600) -> str:
    """Return lines as a quotation."""
    return "\n".join(f"> {escaped(line)}" for line in cut(text.strip(), most).splitlines() if line.strip())


def section(*lines: str) -> Block:
    """Return a paragraph. Addresses and names of channels in it stay plain text."""
    text = cut("\n".join(filter(None, lines)), MOST_SECTION)
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def small(text: str) -> Block:
    """Return a line in small letters."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(text, MOST_SECTION), "verbatim": True}]}


def plain(text: str, most: int = MOST_LABEL) -> dict[str, Any]:
    """Return text without any formatting."""
    return {"type": "plain_text", "text": cut(text, most), "emoji": False}


def button(action: str, label: str, value: str) -> dict[str, Any]:
    """Return a button."""
    return {"type": "button", "action_id": action, "text": plain(label), "value": value}


def actions(*buttons: dict[str, Any]) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def options(labels: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return choices from (value, label)."""
    return [{"text": plain(label or value), "value": value} for value, label in labels]


def window(
    callback: str, title: str, blocks: Sequence[Block], *, close: str = "", submit: str = "", kept: str = ""
) -> Block:
    """Return a window; `kept` comes back when it is sent."""
    shown: Block = {"type": "modal", "callback_id": callback, "title": plain(title, MOST_TITLE)}
    shown |= {"blocks": list(blocks), "private_metadata": kept}
    return shown | {name: plain(text, MOST_TITLE) for name, text in (("close", close), ("submit", submit)) if text}
