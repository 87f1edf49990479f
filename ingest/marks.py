"""Marks of other tools that keep a text from readers: draft, published, archived."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.yaml_text import Line
from kb.entry import Status
from kb.wording import say

_TRUE = frozenset({"true", "yes", "y", "on", "1", "はい", "有", "✓", "☑", "○"})
_FALSE = frozenset({"false", "no", "n", "off", "0", "いいえ", "無", "×", "☐", ""})
_HIDES: Mapping[str, tuple[bool, Status]] = {  # by key: the value that hides the entry, and as what
    "draft": (True, "draft"), "下書き": (True, "draft"), "published": (False, "draft"), "publish": (False, "draft"),
    "公開": (False, "draft"), "archived": (True, "archived"), "アーカイブ": (True, "archived"),
}  # fmt: skip
_IN_TEXT = re.compile(
    r"""^\W*(?:(?:draft|archived|下書き|アーカイブ)["']?\s*[:：=]\s*["']?(?:true|yes|on|1|はい)|"""
    r"""(?:publish(?:ed)?|公開)["']?\s*[:：=]\s*["']?(?:false|no|off|0|いいえ))\b""",
    re.IGNORECASE | re.MULTILINE,
)
READ = 4_000  # characters of a text whose front matter is not understood


@dataclass(frozen=True, slots=True)
class Mark:
    """A key that keeps an entry out of searches."""

    line: Line
    status: Status
    problem: str = ""  # the value is neither yes nor no


def is_mark(key: str) -> bool:
    """Whether a key is such a mark, whatever its value."""
    return _folded(key) in _HIDES


def mark_of(lines: Iterable[Line]) -> Mark | None:
    """Return the first mark that keeps an entry out of searches; one whose value is in doubt does."""
    marks = [mark for line in lines if (mark := _mark(line))]
    return next((mark for mark in marks if mark.status == "draft"), marks[0] if marks else None)


def is_marked(text: str) -> bool:
    """Whether a text, whose front matter is not understood, has such a mark near its beginning."""
    return bool(_IN_TEXT.search(text[:READ]))


def _mark(line: Line) -> Mark | None:
    if not is_mark(line.key):
        return None
    hiding, status = _HIDES[_folded(line.key)]
    value = _folded(line.value) if isinstance(line.value, str) else "?"
    if value in _TRUE | _FALSE:
        return Mark(line, status) if (value in _TRUE) == hiding and value else None
    if not hiding or re.match(r"\d{4}", value):  # the day it was published or archived
        return Mark(line, status) if hiding else None
    doubt = say("{field}: expected true or false; until then the entry appears in no search.", field=line.key)
    return Mark(line, status, doubt)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
