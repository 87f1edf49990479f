"""The table of an export: found in a CSV file, in the sheets of a workbook or in a page of HTML; read lazily."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.importers.columns import known_headers, spelled
from ingest.importers.csv_text import csv_rows, encoding_of, separator_of
from ingest.importers.errors import ImportRefusedError
from ingest.importers.headers import Header, find_header
from ingest.importers.html_table import is_html, is_spreadsheet_xml, tables_in
from ingest.importers.old_workbook import old_sheets_of
from ingest.importers.profiles import FIELDS
from ingest.importers.workbook import SheetRow, error_cells, is_old_or_locked, is_workbook, sheets_of
from kb.errors import why_refused
from kb.wording import say

_START = 2048  # bytes the kind of a file shows in
MAX_HTML = 100_000_000  # bytes, which are in memory at once
_ALIKE = 0.5  # part of its headers a sheet shares with the first one to be read with it

Cells = Sequence[str]
Lines = Callable[[], Iterator[tuple[int, Cells | str, frozenset[int]]]]  # a text instead of cells is an error message


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A problem of one row."""

    row: int  # number in a spreadsheet
    message: str
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with a cell per header."""

    number: int  # in a spreadsheet
    cells: Cells
    sheet: str = ""  # empty where there is only one
    filled: frozenset[int] = frozenset()  # columns that repeat a merged cell above


@dataclass(frozen=True, slots=True)
class Part:
    """One sheet that is read, or all of a file without sheets."""

    name: str
    header: Header
    lines: Lines


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be read repeatedly."""

    headers: tuple[str, ...]
    encoding: str  # empty for a workbook
    separator: str  # empty for a workbook or HTML
    parts: tuple[Part, ...]
    form: str = "text"  # text, workbook, xls or html
    other_sheets: tuple[str, ...] = ()  # not read
    errors: tuple[str, ...] = ()  # addresses of cells with an error, which are read as empty

    @property
    def above(self) -> str:
        """The text above the header: titles, filters, units."""
        return "\n".join(filter(None, (part.header.above for part in self.parts)))

    def rows(self, *, with_blank: bool = False) -> Iterator[Row | RowProblem]:
        """Yield the rows below the header; malformed ones are problems, empty ones are skipped unless asked for."""
        for part in self.parts:
            places = _places(part.header.cells, self.headers)
            name = part.name if len(self.parts) > 1 else ""
            width = len(part.header.cells)
            for number, cells, filled in part.lines():
                if number <= part.header.row:
                    continue
                if isinstance(cells, str):
                    yield RowProblem(number, cells, name)
                elif any(cell.strip() for cell in cells[width:]):
                    yield RowProblem(number, _too_many(len(cells), width), name)
                elif with_blank or any(cell.strip() for cell in cells):
                    placed = [""] * len(self.headers)
                    for at, cell in zip(places, cells, strict=False):
                        if at is not None:
                            placed[at] = cell
                    repeated = frozenset(at for own in filled if own < width and (at := places[own]) is not None)
                    yield Row(number, placed, name, repeated)


@dataclass(frozen=True, slots=True)
class Where:
    """What a person says about the place and form of the table; empty: detected."""

    encoding: str = ""
    separator: str = ""
    sheets: tuple[str, ...] = ()
    header_row: int = 0
    headers: tuple[str, ...] = ()  # that a mapping names


def open_table(path: Path, where: Where | None = None) -> Table:
    """Open an export. Raises ImportRefusedError."""
    where = where or Where()
    try:
        with path.open("rb") as file:
            start = file.read(_START)
        if is_workbook(start) or is_old_or_locked(start):
            return _of_workbook(path, where, is_old=is_old_or_locked(start))
        if is_spreadsheet_xml(start):
            raise ImportRefusedError(
                say("The file is an XML spreadsheet of Excel 2003. Open it in Excel and save it as .xlsx or CSV.")
            )
        if is_html(start):
            return _of_html(path, where)
        encoding = encoding_of(path, where.encoding)
        separator = where.separator or separator_of(path, encoding)
    except OSError as error:
        why = why_refused(error)
        raise ImportRefusedError(say("'{path}' cannot be read: {why}.", path=str(path), why=why)) from error

    def lines() -> Iterator[tuple[int, Cells | str, frozenset[int]]]:
        return ((number, cells, frozenset()) for number, cells in csv_rows(path, encoding, separator))

    return _table([("", lines)], where, encoding, separator)


def _of_workbook(path: Path, where: Where, *, is_old: bool) -> Table:
    sheets = old_sheets_of(path) if is_old else sheets_of(path)
    errors = () if is_old else error_cells(path)
    names = [sheet.name for sheet in sheets]
    for wanted in where.sheets:
        if wanted not in names:
            raise ImportRefusedError(say("No sheet '{name}'. Sheets: {names}.", name=wanted, names=", ".join(names)))
    visible = [sheet for sheet in sheets if sheet.name in where.sheets or not (where.sheets or sheet.is_hidden)]

    def lines_of(rows: Callable[[], Iterator[SheetRow]]) -> Lines:
        return lambda: ((row.number, row.cells, row.filled) for row in rows())

    table = _table(
        [(sheet.name, lines_of(sheet.rows)) for sheet in visible], where, form="xls" if is_old else "workbook"
    )
    read = {part.name for part in table.parts}
    return replace(table, other_sheets=tuple(name for name in names if name not in read), errors=errors)


def _of_html(path: Path, where: Where) -> Table:
    if path.stat().st_size > MAX_HTML:
        limit = MAX_HTML / 1e6
        raise ImportRefusedError(say("The web page is larger than {limit:.0f} MB. Export it as CSV.", limit=limit))
    encoding = encoding_of(path, where.encoding)
    tables = tables_in(path.read_text(encoding))
    if not tables:
        raise ImportRefusedError(say("The file is a web page without a table. Export the records as CSV or .xlsx."))

    def lines_of(rows: list[list[str]]) -> Lines:
        return lambda: ((number, cells, frozenset()) for number, cells in enumerate(rows, start=1))

    named = [(str(number), lines_of(rows)) for number, rows in enumerate(tables, start=1)]
    return replace(_table(named, where, encoding, ""), form="html")


def _table(
    named: Sequence[tuple[str, Lines]], where: Where, encoding: str = "", separator: str = "", form: str = "text"
) -> Table:
    """Find the header of each sheet; those like the best one are read together."""
    known = known_headers(FIELDS) | set(map(spelled, where.headers))
    found = [Part(name, header, lines) for name, lines in named if (header := _header(lines, known, where.header_row))]
    if not found:
        raise ImportRefusedError(say("The file is empty: there is no header row."))
    best = max(found, key=lambda part: part.header.known)
    parts = [part for part in found if where.sheets or part is best or _is_like(part.header, best.header)]
    headers = list(best.header.cells)
    for part in parts:
        taken = set(map(spelled, headers))
        headers += [cell for cell in part.header.cells if cell and spelled(cell) not in taken]
    return Table(tuple(headers), encoding, separator, tuple(parts), form)


def _header(lines: Lines, known: frozenset[str], given: int) -> Header | None:
    wrong: list[str] = []

    def readable() -> Iterator[tuple[int, Cells]]:
        for number, cells, _ in lines():
            if isinstance(cells, str):
                wrong.append(cells)
            else:
                yield number, cells

    header = find_header(readable(), known, given)
    if header is None and wrong:
        raise ImportRefusedError(wrong[0])
    return header


def _is_like(header: Header, best: Header) -> bool:
    own, others = ({spelled(cell) for cell in cells if cell} for cells in (header.cells, best.cells))
    return header.known >= 2 and len(own & others) >= _ALIKE * max(len(own), len(others))


def _places(own: Sequence[str], headers: Sequence[str]) -> list[int | None]:
    """Return the column of the whole table for each of a sheet; None for a repeated header the table has once."""
    if tuple(own) == tuple(headers[: len(own)]):
        return list(range(len(own)))
    free: dict[str, list[int]] = {}
    for at, header in enumerate(headers):
        free.setdefault(spelled(header), []).append(at)
    return [left.pop(0) if (left := free.get(spelled(header))) else None for header in own]


def _too_many(found: int, expected: int) -> str:
    return say(
        "The row has {found} columns, the header {expected}. It was skipped; quote values that contain the separator.",
        found=found,
        expected=expected,
    )
