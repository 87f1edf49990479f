"""Two versions of a file, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT = 2  # unchanged lines shown around a change


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison: `same`, `removed` (only in the first), `added` (only in the second) or `gap`."""

    kind: str
    text: str


def differences(first: str, second: str) -> list[Line]:
    """Return the changes from one text to another, with some context."""
    before, after = first.splitlines(), second.splitlines()
    lines: list[Line] = []
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(CONTEXT):
        if lines:
            lines.append(Line("gap", ""))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [Line("same", text) for text in before[i1:i2]]
            else:
                lines += [Line("removed", text) for text in before[i1:i2]]
                lines += [Line("added", text) for text in after[j1:j2]]
    return lines
