"""Tables as CSV that a spreadsheet opens as it is meant.

Standard library only.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

BOM = "\ufeff"  # without it Japanese Excel takes UTF-8 for Shift_JIS
_FORMULA_STARTS = ("=", "+", "-", "@")  # also in full width: Japanese Excel reads ＝ as =


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as UTF-8 with a mark; a text that would be taken for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)  # lines end with CR LF
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return (BOM + text.getvalue()).encode("utf-8", "replace")


def _cell(value: object) -> object:
    if isinstance(value, str) and unicodedata.normalize("NFKC", value.lstrip()[:1]).startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
