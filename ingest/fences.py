"""Find the front matter of a text: YAML, TOML or JSON, also behind signs that nobody sees or between other dashes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.signs import DASHES, bare, is_conflict
from kb.entry import Problem
from kb.fields import named
from kb.wording import say

Notation = Literal["", "yaml", "toml", "json"]
LOOKED_AT = 30  # lines above a front matter that is not at the top
MOST_LINES = 400  # of one front matter between unusual fences
_FENCE = re.compile(r"-{3,}\s*(yaml|toml|json)?", re.IGNORECASE)
_END = re.compile(r"-{3,}|\.\.\.")
_ODD_FENCE = re.compile(rf"[{re.escape(DASHES)}]{{1,12}}")
_KEY = re.compile(r"([^\s:：=\-\[{(<>|`*#][^:：=]{0,60}?)\s*(?:[:：]|=)(?!//|[:：])")
_JSON_START = re.compile(r'\{\s*(?:"[^"\n]+"\s*:|\})')
MARKS = frozenset({"draft", "published", "publish", "archived", "下書き", "公開", "アーカイブ"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the front matter is, in lines from 0, and what is wrong with its place."""

    notation: Notation = ""
    start: int = 0  # first line of its content
    end: int = 0  # line after its content
    after: int = 0  # first line of the body
    problem: Problem | None = None
    is_closed: bool = True
    inner: tuple[int, ...] = ()  # lines between several documents


def find(lines: Sequence[str]) -> Place:
    """Return the place of the front matter; without a notation there is none."""
    top = _first(lines)
    if top is None:
        return Place()
    opening = bare(lines[top])
    if found := _FENCE.fullmatch(opening):
        return _between_hyphens(lines, top, found[1])
    if opening == "+++":
        end = next((at for at in range(top + 1, len(lines)) if bare(lines[at]) == "+++"), None)
        return Place("toml", top + 1, end, end + 1) if end is not None else _unclosed(lines, top, "toml", "+++")
    if opening.startswith("{"):
        return _json(lines, top)
    if _ODD_FENCE.fullmatch(opening):
        end = next((at for at in range(top + 1, len(lines)) if _is_odd(lines[at])), None)
        if end is not None and is_front(lines[top + 1 : end]):
            return Place("yaml", top + 1, end, end + 1)
    return _below(lines, top)


def is_front(lines: Sequence[str]) -> bool:
    """Whether lines can only be front matter: keys and their values, one of which an entry has."""
    keys = [key_of(line) for line in lines]
    own = [(key, line) for key, line in zip(keys, lines, strict=True) if bare(line)]
    if not own or len(lines) > MOST_LINES:
        return False
    return all(key or _is_part(line) for key, line in own) and any(named(key) or key.lower() in MARKS for key in keys)


def key_of(line: str) -> str:
    """Return the key a line begins with; empty if it begins with none."""
    found = None if line[:1] in " \t" else _KEY.match(bare(line))
    return found[1] if found and not found[1].isdecimal() else ""


def _is_part(line: str) -> bool:
    return line[:1] in " \t#" or line.startswith("- ") or is_conflict(line)


def _is_odd(line: str) -> bool:
    return bool(_ODD_FENCE.fullmatch(bare(line)))


def _first(lines: Sequence[str]) -> int | None:
    """Return the first line that is neither empty nor a comment."""
    at = 0
    while at < len(lines):
        text = bare(lines[at])
        if text.startswith("<!--"):
            end = next((n for n in range(at, min(at + LOOKED_AT, len(lines))) if "-->" in lines[n]), None)
            if end is None or not bare(lines[end]).endswith("-->"):
                return at
            at = end
        elif text:
            return at
        at += 1
    return None


def _between_hyphens(lines: Sequence[str], top: int, language: str | None) -> Place:
    end = next((at for at in range(top + 1, len(lines)) if _is_end(lines[at])), None)
    is_usual = top == 0 and lines[0].lstrip("\ufeff").startswith("-")
    if end is None:
        odd = next((at for at in range(top + 1, len(lines)) if _is_odd(lines[at])), None)
        if odd is None or not is_front(lines[top + 1 : odd]):
            return _unclosed(lines, top, "yaml", "---")
        end = odd
    if not is_usual and not is_front(lines[top + 1 : end]):
        return Place()
    inner, last = [], end
    while (more := next((at for at in range(last + 1, len(lines)) if _is_end(lines[at])), None)) is not None:
        between = lines[last + 1 : more]
        if not is_front(between) or any(not bare(line) for line in between[1:-1]):
            break
        inner.append(last)
        last = more
    notation: Notation = "toml" if language == "toml" else "json" if language == "json" else "yaml"
    return Place(notation, top + 1, last, last + 1, inner=tuple(inner))


def _is_end(line: str) -> bool:
    return not line.startswith(("    ", "\t")) and bool(_END.fullmatch(bare(line)))


def _unclosed(lines: Sequence[str], top: int, notation: Notation, fence: str) -> Place:
    """Return front matter that nothing closes, if it begins with a key: its keys up to the first other line."""
    at = top + 1
    while at < len(lines) and (key_of(lines[at]) or (at > top + 1 and _is_part(lines[at]) and bare(lines[at]))):
        at += 1
    if at == top + 1:
        return Place()
    if fence == "+++":
        message = say("The front matter is not closed; end it with a line of three plus signs (+++).")
    else:
        message = say("The front matter is not closed; end it with a line of three hyphens (---).")
    return Place(notation, top + 1, at, at, Problem("", top + 1, message), is_closed=False)


def _json(lines: Sequence[str], top: int) -> Place:
    text = "\n".join(lines[top:])
    if not _JSON_START.match(text.lstrip()):
        return Place()
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(text.lstrip())
    except (ValueError, RecursionError) as error:
        line = top + getattr(error, "lineno", 1)
        message = say("The front matter in JSON cannot be read from here on; check commas and quotes.")
        return Place(problem=Problem("", line, message), is_closed=False)
    height = text.lstrip()[:end].count("\n")
    if bare(text.lstrip()[end:].split("\n", 1)[0]):
        return Place()
    return Place("json", top, top + height + 1, top + height + 1)


def _below(lines: Sequence[str], top: int) -> Place:
    """Name front matter that is not at the top."""
    for at in range(top + 1, min(top + LOOKED_AT, len(lines))):
        if _FENCE.fullmatch(bare(lines[at])):
            end = next((n for n in range(at + 1, len(lines)) if _is_end(lines[n])), None)
            if end is not None and is_front(lines[at + 1 : end]):
                message = say(
                    "The front matter begins here and was not read; move what is above it ('{text}') below it.",
                    text=bare(lines[top])[:40],
                )
                return Place(problem=Problem("", at + 1, message), is_closed=False)
            return Place()
    return Place()
