"""Convert the visible cells of a workbook to Markdown tables, as Excel displays them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries
from xlfmt import format_value

from ingest.importers.archive import elements, refuse_unsafe, xml_of
from ingest.importers.converted import Converted
from ingest.parse import detect_language
from kb.errors import RefusedTextError
from kb.wording import say

MAX_CELLS = 3_000_000  # including empty ones; more is a database, not a note
MAX_FILLED = 300_000  # cells with a value; they would not fit in an entry
SECONDS_A_DAY = 86_400
_COMMENTS = re.compile(r"xl/(?:comments\d*|comments/comment\d*)\.xml")
_DRAWING = re.compile(r"xl/drawings/drawing\d+\.xml")
_AS_STORED = ("General", "@", "")  # formats that would round a value or change nothing


def sheets_to_markdown(raw: bytes, with_hidden: bool) -> Converted:
    """Return a heading and a table per visible, non-empty sheet; formulas as their last values."""
    refuse_unsafe(raw)
    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    room, parts, hidden, notes = _Room(), [], [], []
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for sheet in book.worksheets:
                name = " ".join(sheet.title.split())
                is_hidden = sheet.sheet_state != "visible"
                if is_hidden and not with_hidden:
                    hidden.append(name)
                    continue
                layout = _layout(archive, sheet)
                sheet.reset_dimensions()  # the declared size may be wrong
                table = to_table(_visible_rows((room.taken(row) for row in sheet.iter_rows()), layout, with_hidden))
                parts += [f"## {name}{_mark(name) if is_hidden else ''}", table] if table else []
                notes += layout.notes(name)
            notes += _notes_of(archive)
    finally:
        book.close()
    if hidden:
        notes.insert(0, say("Hidden sheets left out: {count} ({names}).", count=len(hidden), names=", ".join(hidden)))
    return Converted("\n\n".join(parts), tuple(notes))


def _mark(name: str) -> str:
    return "（非表示）" if detect_language(name) == "ja" else " (hidden)"


@dataclass(slots=True)
class _Layout:
    """What is hidden and merged in a sheet; rows and columns count from 1."""

    rows: set[int] = field(default_factory=set)
    columns: list[tuple[int, int]] = field(default_factory=list)  # from, to
    merged: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # first row → (column, last row)
    rows_left_out: int = 0
    columns_left_out: set[int] = field(default_factory=set)

    def hides(self, column: int) -> bool:
        """Whether a column is hidden."""
        return any(first <= column <= last for first, last in self.columns)

    def notes(self, name: str) -> list[str]:
        """Return what was left out of the sheet."""
        rows, columns = self.rows_left_out, len(self.columns_left_out)
        return [
            *([say("Hidden rows left out of {sheet}: {count}.", sheet=name, count=rows)] if rows else []),
            *([say("Hidden columns left out of {sheet}: {count}.", sheet=name, count=columns)] if columns else []),
        ]


def _layout(archive: zipfile.ZipFile, sheet: Any) -> _Layout:
    found, number = _Layout(), 0
    with archive.open(sheet._worksheet_path) as part:
        for element in elements(part, ("row", "col", "mergeCell")):
            is_hidden = element.get("hidden") in ("1", "true")
            if element.tag.endswith("}row"):
                number = int(element.get("r", number + 1))
                found.rows |= {number} if is_hidden else set()
            elif element.tag.endswith("}col"):
                found.columns += [(int(element.get("min")), int(element.get("max")))] if is_hidden else []
            else:
                first_column, first_row, _, last_row = range_boundaries(element.get("ref"))
                if last_row > first_row:
                    found.merged.setdefault(first_row, []).append((first_column, last_row))
    return found


def _visible_rows(rows: Iterable[Sequence[Any]], layout: _Layout, with_hidden: bool) -> Iterator[list[str]]:
    """Yield the filled rows; a cell merged downwards stands in each row it covers."""
    carried: dict[int, tuple[int, str]] = {}  # column → last row, text
    hidden: dict[int, bool] = {}
    for number, row in enumerate(rows, start=1):
        texts = [shown(cell) for cell in row]
        for column, last_row in layout.merged.get(number, ()):
            if column <= len(texts):
                carried[column] = last_row, texts[column - 1]
        if not any(texts):
            continue
        if number in layout.rows and not with_hidden:
            layout.rows_left_out += 1
            continue
        for column, (last_row, text) in carried.items():
            if number <= last_row:
                texts += [""] * (column - len(texts))
                texts[column - 1] = text
        for column, text in enumerate(texts, start=1):
            if text and not with_hidden and hidden.setdefault(column, layout.hides(column)):
                layout.columns_left_out.add(column)
                texts[column - 1] = ""
        if any(texts):
            yield texts


def _notes_of(archive: zipfile.ZipFile) -> list[str]:
    """Return what stands beside the cells and is left out: comments and text boxes."""
    comments, boxes = 0, []
    for name in archive.namelist():
        if _COMMENTS.fullmatch(name):
            comments += sum(1 for _ in xml_of(archive.read(name)).iter("{*}comment"))
        elif _DRAWING.fullmatch(name):
            for body in xml_of(archive.read(name)).iter("{*}txBody"):
                boxes += [" ".join("".join(word.text or "" for word in body.iter("{*}t")).split())]
    texts = " / ".join(dict.fromkeys(filter(None, boxes)))
    return [
        *([say("Comments left out: {count}.", count=comments)] if comments else []),
        *([say("Text boxes left out: {texts}.", texts=texts)] if texts else []),
    ]


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


def shown(cell: Any) -> str:
    """Return a cell as Excel displays it; days as ISO dates."""
    value = cell.value
    if value is None or value == "":
        return ""
    form = cell.number_format or ""
    is_fraction = "?/" in form or "#/" in form
    if (
        is_fraction
        or isinstance(value, (bool, datetime))
        or form in _AS_STORED
        or (isinstance(value, str) and "@" not in form)
    ):
        return cell_text(value)
    try:
        number = value.total_seconds() / SECONDS_A_DAY if isinstance(value, timedelta) else value
        return " ".join(format_value(number, form).split())
    except (ValueError, TypeError, IndexError, ArithmeticError):  # a format that is damaged, or none of Excel's
        return cell_text(value)


def cell_text(value: Any) -> str:
    """Return a value on one line: ISO dates, whole numbers without .0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    return " ".join(str(value).split())


def to_table(rows: Iterable[list[str]]) -> str:
    """Return rows as a Markdown table without empty rows and columns; the first row is the header."""
    filled = [row for row in rows if any(row)]
    columns = [n for n in range(max(map(len, filled), default=0)) if any(row[n : n + 1] > [""] for row in filled)]
    lines = [_line(row[n] if n < len(row) else "" for n in columns) for row in filled]
    return "\n".join([*lines[:1], _line("---" for _ in columns), *lines[1:]]) if lines else ""


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
