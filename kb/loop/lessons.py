"""Parse notes: the main lesson of a deal, the decisions and tasks of a meeting.

Line by line; only headings, lists and sentences are recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kb.insight.situation import tells_lesson

LESSON_CHARS = 90
_HEADING = re.compile(r" {0,3}#{1,6}\s+(.*?)\s*#*\s*")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_TASK = re.compile(r"\s*[-*+]\s+\[([ xX✓])\]\s+(.+)")
_TAKEN = re.compile(r"\s[@＠]([^@＠]+(?:@[^@＠]+)?)$")  # a name may end with an address in brackets
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+(.+)")
_MARKS = re.compile(r"^\s*(?:>\s*|[-*+]\s+|\d+[.)]\s+)+|\*\*|__|`")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_END = re.compile(r"(?<=[。．！？!?])|(?<=\.)\s")
# Of the headings about the outcome, forward-looking ones come first.
_AHEAD = re.compile("次|教訓|学び|反省|振り返|持ち帰|lesson|next|takeaway|learn|differently", re.IGNORECASE)
_DECISIONS = re.compile(
    r"(?!.*(?:前回|\blast\b)).*(?:決定|決めたこと|decision)", re.IGNORECASE
)  # not those of the last meeting


@dataclass(frozen=True, slots=True)
class Task:
    """An action item."""

    text: str
    is_done: bool


def lesson_of(body: str) -> str:
    """Return the first sentence of the section on lessons, else the first sentence; at most LESSON_CHARS letters."""
    found = [(heading, sentence) for heading, text in sections(body) if (sentence := first_sentence(text))]
    ahead = next((sentence for heading, sentence in found if _AHEAD.search(heading)), "")
    ended = ahead or next((sentence for heading, sentence in found if heading and tells_lesson(heading)), "")
    return ended or (found[0][1] if found else "")


def first_sentence(text: str) -> str:
    """Return the first sentence of a Markdown text without markup; tables are skipped."""
    for line in text.split("\n"):
        plain = _LINK.sub(r"\1", _MARKS.sub("", line)).strip()
        if plain and not plain.startswith(("|", "---", "<", "![")):
            sentence = _whole(_END.split(plain))
            return sentence if len(sentence) <= LESSON_CHARS else sentence[: LESSON_CHARS - 1] + "…"
    return ""


def _whole(parts: list[str]) -> str:
    """Return the first sentence; one that ends inside a quotation continues to its end."""
    sentence = ""
    for part in parts:
        sentence += part
        if sentence.count("「") <= sentence.count("」"):
            break
    return sentence.strip()


def tasks_of(body: str) -> tuple[Task, ...]:
    """Return the tasks (- [ ] and - [x]) of a note, in order."""
    found = (_TASK.fullmatch(line) for _, text in sections(body) for line in text.split("\n"))
    return tuple(Task(task[2].strip(), task[1] != " ") for task in found if task)


def marked(note: str, task: str, *, is_done: bool) -> str:
    """Return the text of a note with a task marked as done or open; unchanged if it has no such task."""
    lines = note.split("\n")
    for at, line in enumerate(lines):
        found = _TASK.fullmatch(line.rstrip("\r"))
        if found and found[2].strip() == task and (found[1] != " ") != is_done:
            lines[at] = line[: found.start(1)] + ("x" if is_done else " ") + line[found.end(1) :]
            break
    return "\n".join(lines)


def taken(note: str, task: str, name: str) -> str:
    """Return the text of a note with a name behind an open task; unchanged if it has no such task."""
    lines = note.split("\n")
    for at, line in enumerate(lines):
        found = _TASK.fullmatch(line.rstrip("\r"))
        if found and found[2].strip() == task and found[1] == " ":
            lines[at] = f"{line[: found.start(2)]}{_without_name(task)} @{name}{line[found.end() :]}"
            break
    return "\n".join(lines)


def taken_by(task: str) -> str:
    """Return the name at the end of a task, as in `call the customer @Sato`; empty if nobody took it."""
    found = _TAKEN.search(task)
    return found[1].strip() if found else ""


def _without_name(task: str) -> str:
    return _TAKEN.sub("", task).rstrip()


def decisions_of(body: str) -> tuple[str, ...]:
    """Return the list items below a heading on decisions."""
    lines = (line for heading, text in sections(body) if is_decisions(heading) for line in text.split("\n"))
    return tuple(item[1].strip() for line in lines if (item := _ITEM.fullmatch(line)) and not _TASK.fullmatch(line))


def is_decisions(heading: str) -> bool:
    """Whether a heading is about decisions, other than those of the last meeting."""
    return bool(_DECISIONS.match(heading))


def sections(body: str) -> Iterator[tuple[str, str]]:
    """Yield (heading, text) in order, without fenced code."""
    heading, fence = "", ""
    lines: list[str] = []
    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if fence or mark:
            closes = fence and mark and mark[1].startswith(fence)
            fence = "" if closes else fence or (mark[1] if mark else "")
        elif found := _HEADING.fullmatch(line):
            yield heading, "\n".join(lines)
            heading, lines = found[1], []
        else:
            lines.append(line)
    yield heading, "\n".join(lines)
