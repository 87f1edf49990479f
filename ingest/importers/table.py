"""The table of an export, read lazily from a CSV file or the first non-empty sheet of a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.importers.csv_text import csv_rows, encoding_of, separator_of
from ingest.importers.errors import ImportRefusedError
from ingest.importers.workbook import is_old_or_locked, is_workbook, sheet_rows
from kb.errors import why_refused
from kb.wording import say

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A problem of one row."""

    row: int  # number in a spreadsheet; the header is 1
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with a cell per header."""

    number: int  # in a spreadsheet; the header is 1
    cells: Cells


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be read repeatedly."""

    headers: tuple[str, ...]
    encoding: str  # empty for a workbook
    separator: str
    _numbered: Callable[[], Iterator[tuple[int, Cells | str]]]  # a text instead of cells is an error message
    _header_row: int

    def rows(self) -> Iterator[Row | RowProblem]:
        """Yield the rows below the header; empty ones are skipped, malformed ones are problems."""
        width = len(self.headers)
        for number, cells in self._numbered():
            if number <= self._header_row:
                continue
            if isinstance(cells, str):
                yield RowProblem(number, cells)
            elif any(cell.strip() for cell in cells[width:]):
                yield RowProblem(number, _too_many(len(cells), width))
            elif any(cell.strip() for cell in cells):
                yield Row(number, [*cells[:width], *[""] * (width - len(cells))])


def open_table(path: Path, encoding: str = "", separator: str = "") -> Table:
    """Open an export; encoding and separator are detected unless given. Raises ImportRefusedError."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
        if is_old_or_locked(start):
            raise ImportRefusedError(
                say(
                    "The workbook is password-protected or an old .xls file. Save it as .xlsx or CSV, without password."
                )
            )
        if is_workbook(start):
            return _table(lambda: enumerate(sheet_rows(path), start=1), "", "")
        encoding = encoding_of(path, encoding)
        separator = separator or separator_of(path, encoding)
        return _table(lambda: csv_rows(path, encoding, separator), encoding, separator)
    except OSError as error:
        why = why_refused(error)
        raise ImportRefusedError(say("'{path}' cannot be read: {why}.", path=str(path), why=why)) from error


def _table(numbered: Callable[[], Iterator[tuple[int, Cells | str]]], encoding: str, separator: str) -> Table:
    for number, cells in numbered():
        if isinstance(cells, str):
            raise ImportRefusedError(cells)
        if any(cell.strip() for cell in cells):
            headers = [_printable(" ".join(cell.split())) for cell in cells]
            while not headers[-1]:
                headers.pop()
            return Table(tuple(headers), encoding, separator, numbered, number)
    raise ImportRefusedError(say("The file is empty: there is no header row."))


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


def _too_many(found: int, expected: int) -> str:
    return say(
        "The row has {found} columns, the header {expected}. It was skipped; quote values that contain the separator.",
        found=found,
        expected=expected,
    )
