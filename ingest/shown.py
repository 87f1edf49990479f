"""What people read and search of a body: without the signs that only Obsidian, Logseq, Notion or Google Docs need."""

from __future__ import annotations

import re
from collections.abc import Callable

from ingest.signs import is_conflict

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(`+)(?:(?!\1).)*\1")
_COMMENT = re.compile(r"%%.*?%%", re.DOTALL)
_PICTURE = re.compile(r"^\s*\[[^\]]+\]:\s*<?data:[^\s>]*>?.*$")  # of Google Docs: the picture itself as text
_INLINE_PICTURE = re.compile(r"!\[([^\]]*)\]\(\s*<?data:[^)\s]*>?\s*\)")
_NO_PICTURE = re.compile(r"!\[\]\[[^\]]*\]")
_HEADING_ID = re.compile(r"^(\s{0,3}#{1,6}\s.*?)\s*\{#[^{}]*\}\s*$")
_BLOCK_ID = re.compile(r"\s+\^[A-Za-z0-9-]{1,40}\s*$")
_MARKED = re.compile(r"(?<!=)==(?=[^\s=])([^=\n]+?)(?<=[^\s=])==(?!=)")
_CALLOUT = re.compile(r"^((?:\s*>)+\s*)\[!([\w-]+)\][+-]?\s*(.*)$")
_ASIDE = re.compile(r"^\s*</?aside>\s*$")
_BOOKKEEPING = re.compile(r"^\s*(?:[-*]\s+)?(?:id|collapsed|heading|background-color|logseq\.[\w.-]+)::(?:\s.*)?$")
_ESCAPED = re.compile(r"(?<=\w)\\([-_.~+&=])(?=\w)")
_TRACES = ("%%", "data:", "{#", "^", "==", "[!", "<aside>", "</aside>", "::", "\\", "<<<<<<<")


def shown(body: str) -> str:
    """Return a body as it is read and searched, with as many lines as before; code stays as it is."""
    if not any(trace in body for trace in _TRACES):
        return body
    lines = _without_comments(body).split("\n") if body.count("%%") > 1 else body.split("\n")
    has_conflict = "<<<<<<<" in body and ">>>>>>>" in body
    fence = ""
    for at, line in enumerate(lines):
        opening = _FENCE.match(line)
        if opening and not fence:
            fence = opening[1]
        elif opening and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        elif not fence:
            lines[at] = "\\" + line if has_conflict and is_conflict(line) else _line(line)
    return "\n".join(lines)


def _line(line: str) -> str:
    if _PICTURE.match(line) or _ASIDE.match(line) or _BOOKKEEPING.match(line):
        return ""
    line = _INLINE_PICTURE.sub(lambda found: f"[{found[1]}]" if found[1] else "", line)
    line = _NO_PICTURE.sub("", line)
    line = _HEADING_ID.sub(r"\1", _BLOCK_ID.sub("", line))
    if callout := _CALLOUT.match(line):
        line = f"{callout[1]}**{callout[3].strip() or callout[2].capitalize()}**"
    if "==" not in line and "\\" not in line:
        return line
    return _outside_code(line, lambda text: _ESCAPED.sub(r"\1", _MARKED.sub(r"**\1**", text)))


def _outside_code(line: str, change: Callable[[str], str]) -> str:
    parts, at = [], 0
    for code in _CODE.finditer(line):
        parts += [change(line[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*parts, change(line[at:])])


def _without_comments(body: str) -> str:
    """Take comments of Obsidian out, outside code; a text with as many lines."""
    parts, at = [], 0
    for comment in _COMMENT.finditer(body):
        line_start = body.rfind("\n", 0, comment.start()) + 1
        is_code = body.count("\n```", 0, comment.start()) % 2 or body.count("`", line_start, comment.start()) % 2
        if is_code or re.match(r"\d", body[comment.start() - 1 : comment.start()] or "x"):
            continue  # 5%% is a slip of the pen
        parts += [body[at : comment.start()], "\n" * comment[0].count("\n")]
        at = comment.end()
    return "".join([*parts, body[at:]])
