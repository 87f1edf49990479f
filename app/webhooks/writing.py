"""What a receiver is sent: JSON for programs, a text for chats, a card for Teams."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.webhooks.hooks import Hook
from app.webhooks.noticing import Event, reasons_in
from app.words.addresses import entry_address
from app.words.reader import Reader
from kb.entry import Entry

TEST = "test"
MOST_TITLE = 200
JOINER = "\u2060"  # shows nothing


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes for one receiver, from what it may see."""

    hook: Hook
    reader: Reader
    base: str  # address of the server, without a slash at its end

    def body(self, event: Event, entry: Entry | None, at: datetime) -> str:
        """Return the body about an event, and about the entry if the receiver may see it."""
        data = self._data(event, entry)
        if self.hook.form == "json":
            return _json({"type": event.type, "timestamp": _time(at), "data": data})
        return self._said(self.reader(f"webhooks.{event.type}"), self._line(event, entry), str(data["address"]))

    def test(self, at: datetime) -> str:
        """Return the body of a test."""
        if self.hook.form == "json":
            return _json({"type": TEST, "timestamp": _time(at), "data": {"address": self.base}})
        return self._said(self.reader("webhooks.test"), self.reader("webhooks.test_text"), self.base)

    def _data(self, event: Event, entry: Entry | None) -> dict[str, Any]:
        data: dict[str, Any] = {"address": f"{self.base}/gaps"}
        if event.wording:
            data["question"] = event.wording
        if entry:
            data |= {"id": entry.id, "kind": entry.kind, "title": entry.title}
            data["address"] = self.base + entry_address(entry.id)
            if entry.outcome:
                data |= {"outcome": entry.outcome, "reasons": reasons_in(entry)}
        if event.reasons:
            data["why"] = list(event.reasons)
        return data

    def _line(self, event: Event, entry: Entry | None) -> str:
        """Return what it is about in one line."""
        reader, parts = self.reader, [event.wording] if event.wording else []
        if entry:
            reasons = [reader.label("reason", code, entry.outcome) for code in reasons_in(entry)]
            outcome = reader.label("outcome", entry.outcome) if entry.outcome else ""
            parts += [entry.title, reader("comma").join(filter(None, (outcome, *reasons)))]
        return " · ".join(" ".join(part.split())[:MOST_TITLE] for part in parts if part)

    def _said(self, heading: str, line: str, address: str) -> str:
        if self.hook.form == "card":
            return _json(_card(heading, line, address, self.reader("webhooks.open")))
        text = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # no mention in Slack,
        text = text.replace("@", f"@{JOINER}")  # and none in chats that read plain words, such as @channel
        return _json({"text": f"{heading}\n{text}\n{address}"})


def _card(heading: str, line: str, address: str, label: str) -> dict[str, Any]:
    """Return a message with an adaptive card; what people wrote is in runs, which are not read as Markdown."""
    run = {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line or heading}]}
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": heading, "weight": "bolder"}, run],
        "actions": [{"type": "Action.OpenUrl", "title": label, "url": address}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    return {"type": "message", "attachments": [attachment]}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
