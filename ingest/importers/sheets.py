"""Convert the visible sheets of a workbook to Markdown tables."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any

import openpyxl

from kb.errors import RefusedTextError
from kb.wording import say

MAX_CELLS = 3_000_000  # including empty ones; more is a database, not a note
MAX_FILLED = 300_000  # cells with a value; they would not fit in an entry


def sheets_to_markdown(raw: bytes) -> str:
    """Return a heading and a table per visible, non-empty sheet; formulas as their last values."""
    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    room, parts = _Room(), []
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()  # the declared size may be wrong
            rows = ([_text(cell) for cell in room.taken(row)] for row in sheet.iter_rows())
            table = to_table(cells for cells in rows if any(cells))
            parts += [f"## {' '.join(sheet.title.split())}", table] if table else []
    finally:
        book.close()
    return "\n\n".join(parts)


class _Room:
    """How many cells of a workbook may still be read."""

    def __init__(self) -> None:
        self._left = {MAX_CELLS: MAX_CELLS, MAX_FILLED: MAX_FILLED}

    def taken(self, row: Sequence[Any]) -> Sequence[Any]:
        """Return a row that there is room for. Raises RefusedTextError."""
        self._left[MAX_CELLS] -= len(row)
        self._left[MAX_FILLED] -= sum(cell.value is not None for cell in row)
        for limit, left in self._left.items():
            if left < 0:
                raise RefusedTextError(
                    say("The workbook has more than {limit:,} cells. Export only the rows you need.", limit=limit)
                )
        return row


def cell_text(value: Any, number_format: str = "") -> str:
    """Return a value as displayed in the sheet, on one line: ISO dates, percentages with %."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)) and "%" in number_format:
        return f"{value * 100:.10g}%"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    return " ".join(str(value).split())


def _text(cell: Any) -> str:
    return "" if cell.value is None else cell_text(cell.value, cell.number_format)


def to_table(rows: Iterable[list[str]]) -> str:
    """Return rows as a Markdown table without empty rows and columns; the first row is the header."""
    filled = [row for row in rows if any(row)]
    columns = [n for n in range(max(map(len, filled), default=0)) if any(row[n : n + 1] > [""] for row in filled)]
    lines = [_line(row[n] if n < len(row) else "" for n in columns) for row in filled]
    return "\n".join([*lines[:1], _line("---" for _ in columns), *lines[1:]]) if lines else ""


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
