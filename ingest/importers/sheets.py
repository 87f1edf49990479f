"""Write the visible sheets of a workbook as Markdown tables."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

import openpyxl

from kb.errors import RefusedTextError
from kb.wording import say

MAX_CELLS = 3_000_000  # with the empty ones between; more is a database, and no note


def sheets_to_markdown(raw: bytes) -> str:
    """Return a heading and a table for each visible sheet with anything in it, formulas as their last values."""
    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    room, parts = MAX_CELLS, []
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            rows: list[list[str]] = []
            sheet.reset_dimensions()  # what a file declares as its size may be wrong
            for row in sheet.iter_rows():
                room -= len(row)
                if room < 0:
                    raise RefusedTextError(
                        say(
                            "The workbook has more than {limit:,} cells. Export only the rows you need.",
                            limit=MAX_CELLS,
                        )
                    )
                shown = [_shown(cell) for cell in row]
                rows += [shown] if any(shown) else []
            table = to_table(rows)
            parts += [f"## {' '.join(sheet.title.split())}", table] if table else []
    finally:
        book.close()
    return "\n\n".join(parts)


def cell_text(value: Any, number_format: str = "") -> str:
    """Return a value as a person reads it in the sheet: days as ISO, shares as per cent, one line."""
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


def _shown(cell: Any) -> str:
    return "" if cell.value is None else cell_text(cell.value, cell.number_format)


def to_table(rows: Iterable[list[str]]) -> str:
    """Return rows as a Markdown table without empty rows and columns; the first row is its head."""
    filled = [row for row in rows if any(row)]
    columns = [n for n in range(max(map(len, filled), default=0)) if any(row[n : n + 1] > [""] for row in filled)]
    lines = [_line(row[n] if n < len(row) else "" for n in columns) for row in filled]
    return "\n".join([*lines[:1], _line("---" for _ in columns), *lines[1:]]) if lines else ""


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
