"""Links to entries in messages: shown to everybody in the channel, or to the member who posted them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from app.mcp.caller import Caller
from app.slack.answering import lines_about
from app.slack.blocks import Block, Message, section
from app.slack.desk import Asking
from kb.viewer import NOBODY, OPERATOR

MOST_LINKS = 5  # of a message
PATH = "/entries/"


def unfolded(asking: Asking, event: Mapping[str, Any]) -> Message:
    """Show the links of a message, and return what only the member who posted them may see.

    Whoever is in the channel reads what a link unfolds to. So it does only where everybody in the workspace may see the
    entry: nobody signs in here, or the operator lets members without an account read what is for everyone.
    """
    services = asking.services
    is_for_all = services.settings.auth == "none" or services.settings.slack_everyone
    if is_for_all:
        everybody = OPERATOR if services.settings.auth == "none" else NOBODY
        found = _found(event, Caller.here(services, everybody, asking.reader))
        unfurls = {url: {"blocks": [one]} for url, one in found}
        if unfurls:
            asking.client.chat_unfurl(channel=event["channel"], ts=event["message_ts"], unfurls=unfurls)
        return Message("")
    found = _found(event, asking.caller)
    return Message(asking.reader("slack.only_you"), tuple(block for _, block in found)) if found else Message("")


def _found(event: Mapping[str, Any], caller: Caller) -> list[tuple[str, Block]]:
    urls = list(dict.fromkeys(str(one.get("url", "")) for one in event.get("links") or ()))[:MOST_LINKS]
    return [(url, block) for url in urls if (block := _block(url, caller))]


def _block(url: str, caller: Caller) -> Block | None:
    entry_id = entry_in(url, caller.base)
    entry = caller.library.entries.published([entry_id]).get(entry_id) if entry_id else None
    return section(*lines_about(entry, caller)) if entry else None


def entry_in(url: str, base: str) -> str:
    """Return the id of the entry an address leads to; empty if it is none of this server."""
    try:
        here, there = urlsplit(base), urlsplit(url)
    except ValueError:
        return ""
    is_here = (here.scheme, here.netloc.lower()) == (there.scheme, there.netloc.lower())
    path = there.path.removeprefix(here.path.rstrip("/"))
    return unquote(path.removeprefix(PATH)) if is_here and path.startswith(PATH) else ""
