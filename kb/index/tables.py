"""A row of a table in Markdown as people say it: each cell after the head of its column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from kb.index.plain import plain

BETWEEN = " / "
_BAR = re.compile(r"(?<!\\)\|")
_LEAD = " \t>"  # before a table in a quotation
_SEPARATOR = re.compile(r"[-:| \t]*-[-:| \t]*")


def heads_above(text: str, start: int) -> tuple[str, ...]:
    """Return the heads of the columns of the table that has a row at `start`; none where it has no heads."""
    lines = text[:start].split("\n")[:-1]
    while lines and (line := lines.pop().strip(_LEAD)).startswith("|"):
        if _SEPARATOR.fullmatch(line):
            return _cells(lines[-1]) if lines else ()
    return ()


def row_in_words(row: str, heads: Sequence[str]) -> str:
    """Return a row as one line without bars."""
    pairs = zip_longest(heads, _cells(row), fillvalue="")
    return BETWEEN.join(f"{head}: {cell}" if head else cell for head, cell in pairs if cell)


def _cells(row: str) -> tuple[str, ...]:
    inner = row.strip(_LEAD).removeprefix("|")
    parts = _BAR.split(inner)
    return tuple(plain(cell.replace(r"\|", "¦")) for cell in (parts[:-1] if not parts[-1].strip() else parts))
