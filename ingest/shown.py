"""What people read and search of a body: without the signs that only Obsidian, Logseq, Notion or Google Docs need."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ingest.signs import is_conflict

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TICKS = re.compile(r"`+")
_COMMENT = re.compile(r"%%.*?%%", re.DOTALL)
_PICTURE = re.compile(r"^\s*\[[^\]]+\]:\s*<?data:[^\s>]*>?.*$")  # of Google Docs: the picture itself as text
# A line may be the whole text: none of these reads past the beginning of the next match, or time grows with its square.
_INLINE_PICTURE = re.compile(r"!\[([^\[\]]*)\]\(\s*<?data:[^)\s\[]*>?\s*\)")
_NO_PICTURE = re.compile(r"!\[\]\[[^\[\]]*\]")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_HEADING_ID = re.compile(r"\{#[^{}]*\}$")
_BLOCK_ID = re.compile(r"\s\^[A-Za-z0-9-]{1,40}$")
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
    line = _without_id(line)
    if callout := _CALLOUT.match(line):
        line = f"{callout[1]}**{callout[3].strip() or callout[2].capitalize()}**"
    if "==" not in line and "\\" not in line:
        return line
    return _outside_code(line, lambda text: _ESCAPED.sub(r"\1", _MARKED.sub(r"**\1**", text)))


def _without_id(line: str) -> str:
    bare = line.rstrip()
    is_heading = bare.endswith("}") and _HEADING.match(line)
    found = _HEADING_ID.search(bare) if is_heading else _BLOCK_ID.search(bare)
    return bare[: found.start()].rstrip() if found else line


def _outside_code(line: str, change: Callable[[str], str]) -> str:
    parts, at = [], 0
    for start, end in _code_spans(line):
        parts += [change(line[at:start]), line[start:end]]
        at = end
    return "".join([*parts, change(line[at:])])


def _code_spans(line: str) -> Iterator[tuple[int, int]]:
    """Yield where code is: from a run of backticks to the next one of the same length."""
    runs = [run.span() for run in _TICKS.finditer(line)]
    following: dict[int, list[tuple[int, int]]] = {}
    for start, end in reversed(runs):
        following.setdefault(end - start, []).append((start, end))
    at = 0
    for start, end in runs:
        same = following[end - start]
        same.pop()
        if start >= at and same:
            at = same[-1][1]
            yield start, at


def _without_comments(body: str) -> str:
    """Take comments of Obsidian out, outside code; a text with as many lines."""
    parts, at = [], 0
    read = ticks = 0  # ticks of the line
    fences = int(body.startswith("```"))
    for comment in _COMMENT.finditer(body):
        before = body[read : comment.start()]
        _, line_break, beginning = before.rpartition("\n")
        fences += before.count("\n```")
        ticks = beginning.count("`") + (0 if line_break else ticks)
        read = comment.start()
        if fences % 2 or ticks % 2 or re.match(r"\d", body[comment.start() - 1 : comment.start()] or "x"):
            continue  # 5%% is a slip of the pen
        parts += [body[at : comment.start()], "\n" * comment[0].count("\n")]
        at = comment.end()
    return "".join([*parts, body[at:]])
