"""CSV tables that spreadsheets open correctly.

Standard library only.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

BOM = "\ufeff"  # without it Japanese Excel reads UTF-8 as Shift_JIS
_FORMULA_STARTS = ("=", "+", "-", "@")  # also in full width: Japanese Excel reads ＝ as =
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols by category, but invisible
_NUMBER = re.compile(r"-[0-9][0-9,]*(\.[0-9]+)?%?")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as UTF-8 with BOM; text that would run as a formula is prefixed with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)  # lines end with CR LF
    writer.writerow([_cell(name) for name in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return (BOM + text.getvalue()).encode("utf-8", "replace")


def _cell(value: object) -> object:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        first = next((char for char in value if not _is_invisible(char)), "")
        return f"'{value}" if unicodedata.normalize("NFKC", first).startswith(_FORMULA_STARTS) else value
    return "" if value is None else value


def _is_invisible(char: str) -> bool:
    """Whether a spreadsheet may skip a character before a formula: spaces, controls, marks, zero widths."""
    return char.isspace() or unicodedata.category(char)[0] in "CMZ" or char in _BLANK_LETTERS
