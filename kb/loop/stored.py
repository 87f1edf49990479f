"""A meeting as lines of JSON, and back: kept in the activity database, formerly at the end of the meeting's note."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from kb.loop.kpis import Figure, Measured
from kb.loop.lessons import Task
from kb.loop.maturity import Cohort
from kb.loop.meeting import Ending, LastMeeting, Meeting, Reused, Work, WorkItem
from kb.loop.moved import Moved

VERSION = 1
_BLOCK = re.compile(r"^```json\n(\{.*?)^```\s*$", re.MULTILINE | re.DOTALL)
_AT_THE_END = re.compile(r"(?:^#+ [^\n]*\n+)?^```json\n\{.*?^```\s*$", re.MULTILINE | re.DOTALL)
_LISTS: dict[str, Any] = {"endings": Ending, "moved": Moved, "reused": Reused}
_WORK = ("review", "gaps", "broken")


def to_lines(meeting: Meeting) -> str:
    """Serialise a meeting as lines of JSON, the period first."""
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in _lines(meeting))


def from_note(body: str) -> Meeting | None:
    """Return the meeting an earlier version stored at the end of a note; None if there is none or it is damaged."""
    blocks = _BLOCK.findall(body.replace("\r\n", "\n"))
    return from_lines(blocks[-1]) if blocks else None


def without_figures(body: str) -> str:
    """Return the text of a note as people read it: without the figures an earlier version stored at its end."""
    return _AT_THE_END.sub("", body.replace("\r\n", "\n")).rstrip() + "\n"


def from_lines(text: str) -> Meeting | None:
    """Parse the output of `to_lines`; None if it is empty or damaged."""
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        return _meeting([json.loads(line) for line in lines]) if lines else None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return None


def _lines(meeting: Meeting) -> Iterator[dict[str, Any]]:
    yield {"meeting": meeting.period, "version": VERSION, "closed": meeting.closed, "ended": meeting.ended,
           **_lean({"until": meeting.until, "language": meeting.language})}  # fmt: skip
    for figure in meeting.figures:
        yield {"part": "figures", **_lean(asdict(figure))}
    for part in _LISTS:
        yield from ({"part": part, **asdict(item)} for item in getattr(meeting, part))
    for part in _WORK:
        yield {"part": part, **asdict(getattr(meeting, part))}
    if meeting.last:
        yield {"part": "last", **asdict(meeting.last)}


def _lean(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in values.items()
        if value not in (None, "")
    }


def _meeting(lines: list[dict[str, Any]]) -> Meeting:
    head, *rest = lines
    parts: dict[str, list[dict[str, Any]]] = {}
    for line in rest:
        parts.setdefault(line.pop("part"), []).append(line)
    works: dict[str, Any] = {part: _work(parts[part][0]) for part in _WORK}
    lists: dict[str, Any] = {part: tuple(kind(**line) for line in parts.get(part, ())) for part, kind in _LISTS.items()}
    figures = tuple(map(_figure, parts["figures"]))
    last = _last(parts["last"][0]) if "last" in parts else None
    closed, ended = int(head["closed"]), int(head.get("ended", 0))
    told: dict[str, Any] = {"closed": closed, "ended": ended, "language": str(head.get("language", ""))}
    told["until"] = str(head.get("until", ""))
    return Meeting(head["meeting"], figures, last=last, **told, **lists, **works)


def _figure(line: dict[str, Any]) -> Figure:
    measured = {name: Measured(**line[name]) for name in ("now", "before") if line.get(name)}
    apart = tuple((currency, amount) for currency, amount in line.get("apart", ()))
    return Figure(**{**line, **measured, "apart": apart, "cohort": Cohort(**line.get("cohort", {}))})


def _work(line: dict[str, Any]) -> Work:
    return Work(int(line["count"]), tuple(WorkItem(**item) for item in line["items"]))


def _last(line: dict[str, Any]) -> LastMeeting:
    tasks = tuple(Task(**task) for task in line["tasks"])
    return LastMeeting(line["entry_id"], line["period"], tuple(line["decisions"]), tasks)
