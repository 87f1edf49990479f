"""Label widths, truncation and line breaks, estimated since fonts differ between machines."""

from __future__ import annotations

import re
from math import ceil
from unicodedata import east_asian_width

FULL = "\u3040-\u30ff\u4e00-\u9fff"
SMALL_KANA = "ーぁぃぅぇぉっゃゅょァィゥェォッャュョ"  # never first on a line
PIECE = re.compile(rf"[{FULL}][{SMALL_KANA}]*|[^\s{FULL}]+\s*|\s+")


def shortened(text: str, ems: float) -> str:
    """Truncate a label wider than a number of full-width letters, with an ellipsis."""
    if ems_of(text) <= ems:
        return text
    end = len(text)
    while end and ems_of(text[:end]) + 1 > ems:
        end -= 1
    return text[:end].rstrip() + "…"


def wrapped(text: str, ems: float, most: int) -> list[str] | None:
    """Break a label into even lines between words or full-width letters; None if it needs more than `most`."""
    lines = _broken(text, ems)
    if len(lines) > most or any(ems_of(line) > ems for line in lines):
        return None
    narrower = (ems_of(text) / len(lines) + step / 2 for step in range(ceil(ems) * 2))
    even = (_broken(text, width) for width in narrower if width < ems)
    return next((some for some in even if len(some) == len(lines)), lines)


def _broken(text: str, ems: float) -> list[str]:
    lines = [""]
    for piece in PIECE.findall(text):
        if lines[-1] and ems_of(lines[-1] + piece.rstrip()) > ems:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def ems_of(text: str) -> float:
    """Estimate the width of a text in full-width letters; it must not depend on the fonts of the machine."""
    return sum(1 if east_asian_width(letter) in "WFA" else 0.56 for letter in text)
