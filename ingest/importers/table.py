"""One table of an export, from a CSV file or the first filled sheet of a workbook; rows are read as they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.importers.csv_text import csv_rows, encoding_of, separator_of
from ingest.importers.errors import ImportRefusedError
from ingest.importers.workbook import is_old_or_locked, is_workbook, sheet_rows
from kb.wording import say

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with one row; the row counts as a spreadsheet shows it, the header being 1."""

    row: int
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a cell for each header."""

    number: int  # as a spreadsheet shows it, the header being 1
    cells: Cells


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be read from the start any number of times."""

    headers: tuple[str, ...]
    encoding: str  # empty for a workbook
    separator: str
    _numbered: Callable[[], Iterator[tuple[int, Cells | str]]]  # a text in place of cells says what is wrong
    _header_row: int

    def rows(self) -> Iterator[Row | RowProblem]:
        """Yield the rows below the header; empty ones are left out, misshapen ones come as problems."""
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
    """Open an export; encoding and separator are found where they are not given. Raises ImportRefusedError."""
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
        why = error.strerror or str(error)
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
    return "".join(sign for sign in text if sign.isprintable())


def _too_many(found: int, expected: int) -> str:
    return say(
        "The row has {found} columns, the header {expected}. It was skipped; quote values that contain the separator.",
        found=found,
        expected=expected,
    )
