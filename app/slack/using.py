"""The buttons below a hit: it helped, and it was used in a deal. Recorded as the pages record it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from app.pages.writing.making import deals_to_choose, record_use
from app.slack.blocks import Block, Message, escaped, one_line, options, plain, section, window
from app.slack.desk import Asking
from ingest.history import signature

WINDOW, FIELD = "used", "deal"  # of the window in which the deal is chosen
MOST_GROUPS = 100  # choices of a menu in Slack


def helped(asking: Asking, entry_id: str) -> Message:
    """Count a member as one the entry helped, once. Raises EntryNotFoundError, ActivityUnavailableError."""
    caller = asking.caller
    entry = caller.library.entries.get(entry_id)
    asking.services.activity.helpful(entry.id, *asking.askers)
    caller.logbook.opened(asking.askers[0], entry.id, "helpful")
    return Message(escaped(caller.reader("saved.helpful")))


def choosing(asking: Asking, entry_id: str) -> Block | None:
    """Return the window in which the deal is chosen; None if there is no deal. Raises EntryNotFoundError."""
    asking.need_account()
    caller = asking.caller
    reader, entry = caller.reader, caller.library.entries.get(entry_id)
    groups = [
        {"label": plain(outcome), "options": options([(_key(deal.id), deal.title) for deal in deals])}
        for outcome, deals in deals_to_choose(entry, caller.library, reader)
    ]
    if not groups:
        return None
    menu: Block = {"type": "static_select", "action_id": FIELD, "option_groups": groups[:MOST_GROUPS]}
    menu["placeholder"] = plain(reader("use.choose"))
    chosen = {"type": "input", "block_id": FIELD, "label": plain(reader("use.heading")), "element": menu}
    blocks = [section(f"*{one_line(entry.title)}*"), chosen]
    title, close, submit = (reader(key) for key in ("slack.used", "slack.close", "use.save"))
    return window(WINDOW, title, blocks, close=close, submit=submit, kept=entry.id)


def used(asking: Asking, view: Mapping[str, Any]) -> Message:
    """Record that an entry was used in the chosen deal. Raises KBError."""
    asking.need_account()
    caller, entry_id = asking.caller, str(view.get("private_metadata", ""))
    chosen = view["state"]["values"][FIELD][FIELD]["selected_option"]["value"]
    entry = caller.library.entries.get(entry_id)
    groups = deals_to_choose(entry, caller.library, caller.reader)
    deal_id = next((deal.id for _, deals in groups for deal in deals if _key(deal.id) == chosen), "")
    author = signature(caller.name, asking.viewer.person)
    done = record_use(caller.library, caller.seen.store, caller.logbook, entry.id, deal_id, asking.askers[0], author)
    return Message(escaped(caller.reader(f"saved.{done}")))


def _key(deal_id: str) -> str:
    """Return what stands for a deal in a menu, where an id may be too long."""
    return hashlib.sha256(deal_id.encode()).hexdigest()[:32]
