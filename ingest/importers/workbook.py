"""Read the first non-empty sheet of an .xlsx workbook as text; ZIP bombs are rejected unopened."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from ingest import zips
from ingest.importers.errors import ImportRefusedError
from kb.wording import say

MAX_UNPACKED = 500_000_000  # bytes of all parts; a million cells have about 50 MB
MAX_PARTS = 20_000
MAX_CELLS = 20_000_000  # of the rectangle a sheet spans, which is held in memory
_OVERLAP = 16  # bytes a cell address fits in
_ADDRESS = re.compile(rb' r="([A-Z]{1,3})(\d{1,7})"')
Value = str | int | float | bool | date | datetime | time | timedelta


def is_workbook(start: bytes) -> bool:
    """Whether the first bytes are those of a ZIP archive, as every .xlsx is."""
    return start.startswith(b"PK\x03\x04")


def is_old_or_locked(start: bytes) -> bool:
    """Whether the first bytes are those of an .xls or an encrypted workbook."""
    return start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def sheet_rows(path: Path) -> Iterator[list[str]]:
    """Yield the rows of the first non-empty sheet. Raises ImportRefusedError."""
    _refuse_bombs(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.total_height:
                yield from ([cell_text(value) for value in row] for row in sheet.iter_rows())
                return
    except (CalamineError, ValueError) as error:
        raise _broken() from error


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
    """Unpack a part and raise ImportRefusedError if it is a sheet that spans too many cells."""
    is_sheet = part.filename.startswith("xl/worksheets/")
    column, row, kept = 0, 0, b""
    for block in zips.blocks(archive, part):
        for letters, number in _ADDRESS.findall(kept + block) if is_sheet else ():
            column, row = max(column, _column(letters)), max(row, int(number))
        kept = block[-_OVERLAP:]
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


def _broken() -> ImportRefusedError:
    return ImportRefusedError(say("The workbook is damaged and cannot be opened. Save it again, or export it as CSV."))
