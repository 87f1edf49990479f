"""Tables as CSV that a spreadsheet opens as it is meant.

Standard library only.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

BOM = "\ufeff"  # without it Japanese Excel takes UTF-8 for Shift_JIS
_FORMULA_STARTS = ("=", "+", "-", "@")  # also in full width: Japanese Excel reads ＝ as =
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols by name, which nobody sees
_NUMBER = re.compile(r"-[0-9][0-9,]*(\.[0-9]+)?%?")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as UTF-8 with a mark; a text that would be taken for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)  # lines end with CR LF
    writer.writerow([_cell(name) for name in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return (BOM + text.getvalue()).encode("utf-8", "replace")


def _cell(value: object) -> object:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        seen = next((sign for sign in value if not _is_invisible(sign)), "")
        return f"'{value}" if unicodedata.normalize("NFKC", seen).startswith(_FORMULA_STARTS) else value
    return "" if value is None else value


def _is_invisible(sign: str) -> bool:
    """Whether a spreadsheet may skip a sign before it looks for a formula: spaces, controls, marks, zero widths."""
    return sign.isspace() or unicodedata.category(sign)[0] in "CMZ" or sign in _BLANK_LETTERS
