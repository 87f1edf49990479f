"""Read the tables of an HTML page, which some systems save as .xls or .csv."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from ingest.importers.errors import ImportRefusedError
from kb.wording import say

MAX_SPAN = 1000
MAX_CELLS = 2_000_000  # with the empty ones that wide cells stand for
_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html|<head|<meta|<table|<\?xml[^>]*>\s*<html)", re.IGNORECASE
)


def is_html(start: bytes) -> bool:
    """Whether a file starts as a page of HTML does."""
    return bool(_START.match(start))


def is_spreadsheet_xml(start: bytes) -> bool:
    """Whether a file starts as a spreadsheet of 2003 in XML does."""
    return b"urn:schemas-microsoft-com:office:spreadsheet" in start or b'progid="Excel.Sheet"' in start


def tables_in(text: str) -> list[list[list[str]]]:
    """Return the rows of each table; a cell over several rows is repeated in each. Raises ImportRefusedError."""
    parser = _Tables()
    parser.feed(text)
    parser.close()
    return [rows for rows in parser.tables if any(any(row) for row in rows)]


class _Tables(HTMLParser):
    """Collects tables; one inside another is a table of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._below: list[dict[int, tuple[int, str]]] = []  # column → rows a cell still goes on, and its text
        self._cell: list[str] | None = None
        self._spans = (1, 1)
        self._room = MAX_CELLS

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        if tag == "table":
            self.tables.append([])
            self._open.append(self.tables[-1])
            self._below.append({})
        elif tag == "tr" and self._open:
            self._close_cell()
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open and self._open[-1]:
            self._close_cell()
            named = dict(attrs)
            self._spans = (_span(named.get("rowspan")), _span(named.get("colspan")))
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close a cell, a row or a table."""
        if tag in ("td", "th", "tr", "table"):
            self._close_cell()
        if tag == "tr" and self._open and self._open[-1]:
            self._repeat()
        if tag == "table" and self._open:
            self._open.pop()
            self._below.pop()

    def handle_data(self, data: str) -> None:
        """Add text to the open cell."""
        if self._cell is not None:
            self._cell.append(data)

    def _close_cell(self) -> None:
        if self._cell is None:
            return
        text = "\n".join(" ".join(line.split()) for line in "".join(self._cell).split("\n")).strip()
        self._cell = None
        self._repeat()
        row, (down, across) = self._open[-1][-1], self._spans
        self._room -= across
        if self._room < 0:
            raise ImportRefusedError(
                say("The web page has more than {limit:,} cells. Export the records as CSV.", limit=MAX_CELLS)
            )
        if down > 1:
            self._below[-1][len(row)] = (down - 1, text)
        row.append(text)
        row.extend([""] * (across - 1))

    def _repeat(self) -> None:
        """Add the cells of rows above that reach down to here."""
        row, below = self._open[-1][-1], self._below[-1]
        while len(row) in below:
            left, text = below[len(row)]
            if left > 1:
                below[len(row)] = (left - 1, text)
            else:
                del below[len(row)]
            row.append(text)


def _span(text: str | None) -> int:
    return min(max(int(text), 1), MAX_SPAN) if text and text.isascii() and text.isdigit() else 1
