"""Two versions of a file, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

CONTEXT = 2  # unchanged lines shown around a change
MOST_PAIRS = 100_000  # of equal lines compared; more come from a text that repeats one line, and would take minutes
MOST_LINES = 4_000  # compared, in both versions


Change = tuple[str, int, int, int, int]  # as difflib names it: kind, lines of the first text, lines of the second


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison: `same`, `removed` (only in the first), `added` (only in the second) or `gap`."""

    kind: str
    text: str


def differences(first: str, second: str) -> list[Line]:
    """Return the changes from one text to another, with some context; very many at once as one change."""
    before, after = first.splitlines(), second.splitlines()
    lines: list[Line] = []
    for group in _grouped(before, after):
        if lines:
            lines.append(Line("gap", ""))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [Line("same", text) for text in before[i1:i2]]
            else:
                lines += [Line("removed", text) for text in before[i1:i2]]
                lines += [Line("added", text) for text in after[j1:j2]]
    return lines


def _grouped(before: Sequence[str], after: Sequence[str]) -> Iterator[Sequence[Change]]:
    """Yield the changes in groups; lines that both texts begin and end with are not even compared."""
    start = _alike(before, after)
    end = max(0, _alike(before[start:][::-1], after[start:][::-1]) - CONTEXT)
    start = max(0, start - CONTEXT)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if _is_too_much(old, new):
        yield [("replace", start, start + len(old), start, start + len(new))]
        return
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT):
        yield [(kind, i1 + start, i2 + start, j1 + start, j2 + start) for kind, i1, i2, j1, j2 in group]


def _alike(first: Sequence[str], second: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def _is_too_much(old: Sequence[str], new: Sequence[str]) -> bool:
    theirs = Counter(new)
    pairs = sum(number * theirs[line] for line, number in Counter(old).items())
    return len(old) + len(new) > MOST_LINES or pairs > MOST_PAIRS
