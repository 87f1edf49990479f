"""Signs that nobody sees, and signs that look like others: what an author meant by them."""

from __future__ import annotations

import re

INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\u00ad\u202a\u202b\u202c\u202d\u202e"
WIDE_SPACES = "\u00a0\u3000\u2002\u2003\u2007\u2009\u202f"
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\ufe58\ufe63\uff0d\uff70\u2500\u2501"
_EDGE = " \t" + INVISIBLE + WIDE_SPACES
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: .*)?|={7}")


def bare(text: str) -> str:
    """Return a text without spaces and invisible signs at its ends."""
    return text.strip(_EDGE)


def is_indented(line: str) -> bool:
    """Whether a line begins with a space of any kind, after signs that nobody sees."""
    return line.lstrip(INVISIBLE)[:1] in {" ", "\t"}


def is_conflict(line: str) -> bool:
    """Whether a line is a marker that a merge left behind."""
    return bool(_CONFLICT.fullmatch(line.rstrip()))


def conflict_line(lines: list[str]) -> int | None:
    """Return where an unsolved merge begins, from 0; None if there is none."""
    begin = next((at for at, line in enumerate(lines) if line.startswith("<<<<<<<") and is_conflict(line)), None)
    is_whole = begin is not None and any(line.startswith(">>>>>>>") and is_conflict(line) for line in lines[begin:])
    return begin if is_whole else None
