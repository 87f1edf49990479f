"""Read the sheets of an Excel workbook, .xlsx or .xls, as text; ZIP bombs are rejected unopened."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from ingest import zips
from ingest.importers.errors import ImportRefusedError
from kb.wording import say

MAX_UNPACKED = 500_000_000  # bytes of all parts; a million cells have about 50 MB
MAX_PARTS = 20_000
MAX_MERGED = 10_000  # rows one merged cell is repeated in
MAX_CELLS = 20_000_000  # of the rectangle a sheet spans, which is held in memory
_OVERLAP = 128  # bytes the start of a cell fits in
_ADDRESS = re.compile(rb' r="([A-Z]{1,3})(\d{1,7})"(?![^<>]{0,60}(?:/>|></c>))')  # not of empty cells
_ERROR = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"[^<>]{0,60} t="e"')
Value = str | int | float | bool | date | datetime | time | timedelta


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a sheet, with the columns that only repeat a merged cell above."""

    number: int
    cells: list[str]
    filled: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook; its rows are read when asked for."""

    name: str
    is_hidden: bool
    rows: Callable[[], Iterator[SheetRow]]  # a cell merged over several rows is repeated in each


def is_workbook(start: bytes) -> bool:
    """Whether the first bytes are those of a ZIP archive, as every .xlsx is."""
    return start.startswith(b"PK\x03\x04")


def is_old_or_locked(start: bytes) -> bool:
    """Whether the first bytes are those of an .xls or an encrypted workbook."""
    return start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def sheets_of(path: Path, *, is_old: bool = False) -> list[Sheet]:
    """Return the sheets of a workbook. Raises ImportRefusedError."""
    if not is_old:
        _refuse_bombs(path)
    try:
        with path.open("rb") as file:
            known = CalamineWorkbook.from_filelike(file).sheets_metadata
    except PasswordError as error:
        raise _locked() from error
    except (CalamineError, ValueError) as error:
        raise (_locked() if is_old else _broken()) from error
    return [
        Sheet(sheet.name, sheet.visible != SheetVisibleEnum.Visible, partial(_read, path, sheet.name))
        for sheet in known
    ]


def _read(path: Path, name: str) -> Iterator[SheetRow]:
    try:
        with path.open("rb") as file:
            yield from _rows(CalamineWorkbook.from_filelike(file).get_sheet_by_name(name))
    except (CalamineError, ValueError) as error:
        raise _broken() from error


def error_cells(path: Path) -> tuple[str, ...]:
    """Return the addresses of cells that show an error, such as #N/A; reading them yields nothing."""
    found: dict[str, None] = {}
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            kept = b""
            for block in zips.blocks(archive, part) if part.filename.startswith("xl/worksheets/") else ():
                found |= dict.fromkeys(match[1].decode() for match in _ERROR.finditer(kept + block))
                kept = block[-_OVERLAP:]
    return tuple(found)


def _rows(sheet: CalamineSheet) -> Iterator[SheetRow]:
    first_column = sheet.start[1] if sheet.start else 0  # empty columns before it are no cells
    above: dict[int, list[tuple[int, int]]] = {}  # row → (column, row whose cell it repeats)
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        for row in range(top + 1, min(bottom, top + MAX_MERGED) + 1):
            above.setdefault(row, []).append((left - first_column, top))
    wanted = {(top, column) for repeated in above.values() for column, top in repeated}
    merged: dict[tuple[int, int], str] = {}
    for place, values in enumerate(sheet.iter_rows()):
        cells = [cell_text(value) for value in values]
        merged |= {(place, at): cell for at, cell in enumerate(cells) if (place, at) in wanted}
        filled = {at: merged.get((top, at), "") for at, top in above.get(place, ()) if 0 <= at < len(cells)}
        yield SheetRow(place + 1, [cell or filled.get(at, "") for at, cell in enumerate(cells)], frozenset(filled))


def cell_text(value: Value) -> str:
    """Return a cell value as a CSV export writes it: whole numbers without .0, ISO dates."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def _refuse_bombs(path: Path) -> None:
    """Check the declared sizes, then unpack every part once in blocks, as they may be wrong."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if "xl/workbook.xml" not in {part.filename for part in parts}:
                raise ImportRefusedError(
                    say("This archive is not an .xlsx workbook. Unpack it and import a file from it.")
                )
            if zips.declares_too_much(parts, path.stat().st_size, MAX_UNPACKED, MAX_PARTS):
                raise _too_large()
            for part in parts:
                _refuse_wide(archive, part)
    except zips.TooLargeError as error:
        raise _too_large() from error
    except zips.DAMAGE as error:
        raise _broken() from error


def _refuse_wide(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack a part and raise ImportRefusedError if it is a sheet whose values span too many cells."""
    is_sheet = part.filename.startswith("xl/worksheets/")
    column, row, kept = 0, 0, b""
    for block in chain(zips.blocks(archive, part), [b""]):  # the empty one ends the part
        text = kept + block
        end = max(len(text) - _OVERLAP, 0) if block else len(text)
        for found in _ADDRESS.finditer(text) if is_sheet else ():
            if found.start() < end:
                column, row = max(column, _column(found[1])), max(row, int(found[2]))
        kept = text[end:]
    if column * row > MAX_CELLS:
        raise ImportRefusedError(
            say(
                "The sheet spans {rows:,} rows and {columns:,} columns. Delete the empty ones.",
                rows=row,
                columns=column,
            )
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _too_large() -> ImportRefusedError:
    return ImportRefusedError(
        say("The workbook is larger than {limit:.0f} MB when unpacked. Export it as CSV.", limit=MAX_UNPACKED / 1e6)
    )


def _locked() -> ImportRefusedError:
    return ImportRefusedError(
        say("The workbook is password-protected or damaged. Save it as .xlsx or CSV, without password.")
    )


def _broken() -> ImportRefusedError:
    return ImportRefusedError(say("The workbook is damaged and cannot be opened. Save it again, or export it as CSV."))
