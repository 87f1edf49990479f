"""Plain text of a passage for result lists: one line without Markdown markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SPACE = r"[^\S\n]"  # within a line; possessive (*+), or many blanks would cause backtracking
_MARKUP = re.compile(  # headings, quotes, lists, tasks
    rf"^{_SPACE}{{0,3}}(?:#{{1,6}}{_SPACE}+|>{_SPACE}?|[-*+]{_SPACE}+(?:\[[ xX]\]{_SPACE}+)?|\d+[.)]{_SPACE}+)"
    rf"|^{_SPACE}*+\|?(?:{_SPACE}*+:?-++:?{_SPACE}*+\|)++{_SPACE}*+:?-*+:?{_SPACE}*+$"  # the separator row of a table
    r"|\*\*|__|`+|~~",
    re.MULTILINE,
)
BETWEEN_CELLS, BETWEEN_ROWS = " | ", " / "
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")


def plain(passage: str, *, cells: bool = True) -> str:
    """Return Markdown as one line of words: no markers. Cells of a table stay apart with `cells`, else as words do."""
    text = _MARKUP.sub("", _LINK.sub(r"\1", passage))
    if "|" in text:
        text = "\n".join(_rows(text.split("\n"))) if cells else text.replace("|", " ")
    return " ".join(text.split())


def _rows(lines: list[str]) -> Iterator[str]:
    """Yield lines; the rows of a table without their outer bars, a dash before each but the first."""
    was_row = False
    for line in lines:
        whole = line.strip()
        is_row = whole.startswith("|")
        if not is_row:
            was_row = was_row and not whole  # the separator row is empty by now
            yield whole
            continue
        cells = (cell.strip() for cell in whole.strip("|").split("|"))
        yield (BETWEEN_ROWS if was_row else "") + BETWEEN_CELLS.join(filter(None, cells))
        was_row = True
