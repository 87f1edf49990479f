"""Tables as downloads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fastapi import Response

from kb.spreadsheet import table


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a table as a CSV download that spreadsheets open correctly."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(table(header, rows), media_type="text/csv; charset=utf-8", headers=headers)
