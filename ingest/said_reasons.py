"""Reasons of a deal that stand in its text: below a heading such as 失注理由, or behind it on the same line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.signs import bare
from ingest.yaml_text import Plain
from kb.fields import named

HEADINGS = ("敗因", "勝因")  # besides the spellings of the key
MOST_REASONS = 5  # a longer list is notes
LONGEST = 30  # characters of a reason; more is a sentence
LONGEST_OF_SEVERAL = 15  # of one among several on a line
_HEADING = re.compile(r"#{1,6}\s+(\S.*)")
_BEHIND = re.compile(r"(?:[-*・]\s*)?([^\s:：#][^:：#]{0,20}?)\s*[:：]\s*(\S.*)")
_BULLET = re.compile(r"(?:[-*・]|\d+[.)])\s*")
_SEPARATOR = re.compile(r"[、,;；/／]")
_REMARK = re.compile(r"(.[^(（]*)[(（](.+)[)）]")


@dataclass(frozen=True, slots=True)
class SaidReasons:
    """Where a text says the reasons; `values` is empty if it does so in sentences."""

    key: str  # as in the text
    line: int  # of the text, from 1
    values: tuple[Plain, ...]


def reasons_in(body: str) -> SaidReasons | None:
    """Return the first reasons of a text; None if it has no such heading."""
    lines = body.split("\n")
    for at, text in enumerate(lines):
        heading, behind = _HEADING.fullmatch(text.strip()), _BEHIND.fullmatch(text.strip())
        title = bare(heading[1].rstrip("#")) if heading else ""
        if title and _is_reason(title):
            below = _below(lines[at + 1 :])
            return SaidReasons(title, at + 1, _values(below)) if below else None
        if behind and _is_reason(key := bare(behind[1]).strip("*_")):
            return SaidReasons(key, at + 1, _values([behind[2].strip("*_ ")]))
    return None


def _is_reason(text: str) -> bool:
    field = named(text)
    return text in HEADINGS or (field is not None and field.name == "reasons")


def _below(lines: list[str]) -> list[str]:
    found = []
    for text in lines:
        if _HEADING.fullmatch(text.strip()):
            break
        if text.strip():
            found.append(_BULLET.sub("", text.strip(), count=1))
    return found


def _values(lines: list[str]) -> tuple[Plain, ...]:
    words = [_parted(text.strip(" 。.")) for text in lines]
    limits = [LONGEST if len(some) == 1 else LONGEST_OF_SEVERAL for some in words]
    if sum(map(len, words)) > MOST_REASONS or any(len(w) > most for w, most in _pairs(words, limits)):
        return ()
    return tuple(_reason(word) for some in words for word in some if word)


def _pairs(words: list[list[str]], limits: list[int]) -> list[tuple[str, int]]:
    return [(word, most) for some, most in zip(words, limits, strict=True) for word in some]


def _parted(text: str) -> list[str]:
    return [text] if _REMARK.fullmatch(text) else [part.strip() for part in _SEPARATOR.split(text)]


def _reason(word: str) -> Plain:
    remark = _REMARK.fullmatch(word)
    return {"code": remark[1].rstrip(), "note": remark[2]} if remark else word
