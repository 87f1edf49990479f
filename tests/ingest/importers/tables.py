"""Exports for tests, written as real files."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from ingest.importers.crm import CrmImport, columns_of
from ingest.importers.report import Report
from ingest.importers.table import open_table
from ingest.parse import parse_entry
from kb.entry import Deal
from kb.playbook import Playbook

HEADERS = ("商談ID", "商談名", "取引先名", "フェーズ", "金額", "開始日", "完了日", "担当者", "業種")
DEAL = ("D-1", "青葉精工 現場ログ", "青葉精工", "受注", "1,200万円", "2026/1/5", "2026/3/2", "佐藤", "製造業")
DEAL_PATH = "deals/青葉精工-d-1.md"  # of DEAL as an entry
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def changed_row(**values: str) -> list[str]:
    """Return DEAL with other cells, by header."""
    return [values.get(header, cell) for header, cell in zip(HEADERS, DEAL, strict=True)]


def deal_of(text: str) -> Deal:
    """Return the deal of an entry file."""
    deal = parse_entry(text, "deals/x.md", Playbook()).entry.deal
    assert deal is not None
    return deal


def csv_text(rows: Sequence[Sequence[str]], separator: str = ",") -> str:
    """Return rows as a CSV text."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def write_csv(path: Path, *rows: Sequence[str], encoding: str = "utf-8", separator: str = ",") -> Path:
    """Write rows as a CSV file."""
    path.write_bytes(csv_text(rows, separator).encode(encoding))
    return path


def write_workbook(path: Path, *rows: Sequence[str | float], sheet: str | None = None, packed: bool = True) -> Path:
    """Write rows as the only sheet of a workbook; `sheet` takes the place of its XML."""
    lines = [
        f'<row r="{n}">{"".join(map(_cell, _addresses(n, row), row))}</row>' for n, row in enumerate(rows, start=1)
    ]
    content = sheet or f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    only = '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets>'
    book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}">{only}</workbook>'
    target = f'<Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
    top = f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/>'
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{top}</Relationships>')
        archive.writestr("xl/workbook.xml", book)
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{target}</Relationships>'
        )
        archive.writestr("xl/worksheets/sheet1.xml", content)
    return path


def bring_in(folder: Path, export: Path, *, write: bool = True, mapping: Path | None = None, kind: str = "") -> Report:
    """Import an export into a folder of entries without a playbook."""
    table = open_table(export)
    return CrmImport(folder, table, columns_of(table, kind, mapping), Playbook()).run(write=write)


def files(folder: Path) -> dict[str, str]:
    """Return the text of each file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_text("utf-8") for p in sorted(folder.rglob("*")) if p.is_file()}


def _addresses(number: int, row: Sequence[object]) -> list[str]:
    return [f"{chr(ord('A') + place)}{number}" for place in range(len(row))]


def _cell(address: str, value: str | float) -> str:
    if isinstance(value, str):
        return f'<c r="{address}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{address}"><v>{value}</v></c>'
