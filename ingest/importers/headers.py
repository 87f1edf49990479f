"""Find the header of a table: below titles and filters, in one row or two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from ingest.importers.columns import bare, spelled
from ingest.importers.errors import ImportRefusedError
from kb.wording import say

MOST_ROWS = 60  # searched; a report has a dozen lines of filters above its table
_FEWEST = 2  # headers a profile knows; a title may hold one by chance

Numbered = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table, and what stands above it."""

    row: int  # its last row, as a spreadsheet numbers it
    cells: tuple[str, ...]
    above: str  # the text of the rows before it
    known: int  # how many of its cells a profile knows


def find_header(rows: Iterable[Numbered], known: frozenset[str], given: int = 0) -> Header | None:
    """Return the header: the given row, else the row, or two rows together, with most known headers; None if empty."""
    head: list[Numbered] = []
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            head.append((number, cells))
        if len(head) >= MOST_ROWS or number >= given > 0:
            break
    if given:
        return _given(head, known, given)
    if not head:
        return None
    best, most = (0, head[0][1]), _count(head[0][1], known)
    for place, (_, cells) in enumerate(head):
        below = head[place + 1][1] if place + 1 < len(head) else ()
        both = _together(cells, below)
        for at, found in ((place, cells), (place + 1, both)):
            count = _count(found, known)
            is_header = found is cells or _count(below, known) >= _FEWEST or _is_split(cells, below)
            if count > most and count >= _FEWEST and is_header:
                best, most = (at, found), count
    return _header(head, *best, known)


def tidy(cells: Sequence[str]) -> list[str]:
    """Return header cells on one line each, without invisible signs and empty ones at the end."""
    texts = ["".join(sign for sign in " ".join(cell.split()) if sign.isprintable()) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _given(head: Sequence[Numbered], known: frozenset[str], given: int) -> Header:
    if not head or head[-1][0] != given:
        raise ImportRefusedError(say("Row {row} is empty, so it cannot be the header.", row=given))
    return _header(head, len(head) - 1, head[-1][1], known)


def _header(head: Sequence[Numbered], place: int, cells: Sequence[str], known: frozenset[str]) -> Header:
    above = "\n".join(" ".join(filter(None, map(str.strip, row))) for _, row in head[:place])
    return Header(head[place][0], tuple(tidy(cells)), above, _count(cells, known))


def _is_split(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether a row only names the parts of headers merged over several columns, as no record does."""
    cells = [cell.strip() for cell in upper]
    parts: set[int] = set()  # columns below a merged header
    for at, (left, cell) in enumerate(pairwise(cells), start=1):
        if not cell and (left or at - 1 in parts):
            parts |= {at - 1, at}
    filled = {at for at, cell in enumerate(lower) if cell.strip()}
    return bool(filled) and filled <= parts and not any(sign.isdigit() for cell in lower for sign in cell)


def _together(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    pairs = zip_longest(upper, lower, fillvalue="")
    return [below.strip() or above.strip() for above, below in pairs]


def _count(cells: Iterable[str], known: frozenset[str]) -> int:
    texts = {" ".join(cell.split()) for cell in cells}
    return sum(spelled(text) in known or spelled(bare(text)) in known for text in texts if text)
