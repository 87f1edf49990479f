"""Read the chat saved by Zoom, without direct messages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.importers.labels import TIME, seconds
from ingest.importers.spoken import Turn

_HEAD = re.compile(
    rf"({TIME})\s+(?:(?:From|開始|送信元|差出人)\s+)?(\S.*?)\s*"
    r"(?:\s(?:to|宛先|から)\s+((?:(?!\s[:：]|[:：]).)+?))?\s*[:：](?:\s+(.*)|$)",
    re.IGNORECASE,
)
_FROM = re.compile(rf"{TIME}\s+(?:From|開始|送信元|差出人)\s|{TIME}\s.*\s(?:to|宛先|から)\s.*[:：]", re.IGNORECASE)
_DIRECT = re.compile(r"direct message|privately|ダイレクト|プライベート|非公開", re.IGNORECASE)
_EVERYBODY = re.compile(
    r"everyone|everybody|\ball\b|panelist|waiting room|全員|みんな|皆|パネリスト|待機室", re.IGNORECASE
)


def is_chat(lines: list[str]) -> bool:
    """Whether any line names a sender and receivers, as Zoom writes them."""
    return any(map(_FROM.match, lines))


def messages(lines: list[str]) -> tuple[list[Turn], int]:
    """Return the messages to everybody, and the number of direct messages left out."""
    heads = [(line, _HEAD.fullmatch(line.rstrip())) for line in lines]  # the lines of a message are indented
    direct = sum(1 for _, head in heads if head and _is_direct(head[3]))
    return list(_turns(heads)), direct


def _turns(heads: list[tuple[str, re.Match[str] | None]]) -> Iterator[Turn]:
    speaker, start, is_direct = "", None, False
    for line, head in heads:
        if head:
            start, speaker, is_direct = seconds(head[1]), " ".join(head[2].split()), _is_direct(head[3])
        words = (head[4] or "") if head else line.strip()
        if words and not is_direct:
            yield Turn(words, speaker, start)


def _is_direct(receivers: str | None) -> bool:
    return bool(receivers) and bool(_DIRECT.search(receivers or "") or not _EVERYBODY.search(receivers or ""))
