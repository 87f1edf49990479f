"""Workbooks as they come: cover sheets, years in sheets, merged cells, old files, far formats, errors."""

from __future__ import annotations

import base64
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from ingest.importers.crm import CrmImport, columns_of
from ingest.importers.errors import ImportRefusedError
from ingest.importers.report import Report
from ingest.importers.table import Where, open_table
from kb.playbook import Playbook

HEADERS = ["案件ID", "案件名", "顧客名", "フェーズ", "金額", "商品名"]
# A workbook of two deals in the format of Excel 97, packed.
OLD = (
    "eNrtWE1IVFEU/u6bN44zOeNoWmkgk5CVGczopo1ORWVCTpZSVlppWobTGEMbC8q0ARGCzI1FG0OIIKw2/S9q1yKyH0IIjJnaCK2Cihajr3PPez"
    "NpuXCgxOJ9j3veOeee+7377s95Py9Hs6JDd/Jj+AUVsGBKsyNtmk9QsScMN6he06SaOKdT0Uz8U7Cn00SmWfHI+dwm51DOdwwKbqtPSQIfqDTg"
    "BAIdoVbPPGIT96FJyD6UkxS4Sh4X8rhX2SwPs1zM8hZHPma5gT0XWJZTbFTsw6g/ULzeWMX1SiHXuSB573Gbd+zxIRfP5Co+e1HosVZsDB9rCi"
    "7MigI1A8OgeatsDbWGm4JR5NAEDuOr5gG+JHbqE4/pn1+/APm/z/TbZvEPKCrQBe0QL/AIJdcVqj7BtXGcg5NUWVSIbW3fAlXYTEmZVWcdKUcH"
    "r+131lHlW+91b9z70Eskr/qrBy1A/TqfFSLW+H53yLusr3SAghqOv+if7L0ZoaCx2okgB5VSUNmBts6Q90jf9l4KWlo73hi/NHSagnx7J4IOmf"
    "A5QbhnJAgnb5wMki3IZD2Lt4+bHgHxG59fVzfX+A+yp4sfCvqjY6W8W2h0Y9SCGru4xsLSSqWYW6xl2c2sy1nPZ5lDMXQuqsk1lK09HHOea4vo"
    "OmWMN/5V0/TVpEc+7bxfEPnoX0P6SGXsVM7ImH8IhTTaLdReHj0oESXiymWJB/7EWRhpZpxl3m8pJ11xG33XjOdjJibhYDWLpW7J0RFJSzHGSr"
    "csZFmSlkqWajCLWZgFM1uNeMHMaUlLMtuSlmSWY39GkZZkViqqmFmZhVlhZrvRWp9RR9KSzIuSlmTOMJgVZu7ekY0KJRt3JQ2l359wwIQJEyZM"
    "mDBhwsSCguBXUv01XDVexOUrpc34rzNJZcr8TfLfYhc66DhJH6ZbEKJzGJ0prZ8lsIoEl5hjm8T/Qok9dPUw2tHM/WhPef3SJ5qYfj9zbuj+c1"
    "so1etPpdLPv3z9Hy2Y7QY="
)


def workbook(path: Path, **sheets: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


def preview(path: Path, where: Where | None = None) -> Report:
    table = open_table(path, where)
    return CrmImport(path.parent / "entries", table, columns_of(table), Playbook()).run()


def deal(crm_id: str, amount: object, stage: str = "受注", product: str = "") -> list[object]:
    return [crm_id, f"案件 {crm_id}", "浜野製薬", stage, amount, product]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A place for a workbook."""
    return tmp_path / "book.xlsx"


def test_years_in_sheets_are_read_together_and_the_others_named(path: Path) -> None:
    other_order = [["金額", "フェーズ", "顧客名", "案件名", "案件ID"], [40, "失注", "浜野製薬", "案件 B", "B"]]
    book = workbook(
        path,
        表紙=[["案件一覧"], ["作成: 営業企画"]],
        Y2025=[HEADERS, deal("A", 300)],
        Y2026=other_order,
        隠し=[HEADERS, deal("C", 1)],
        目標=[["月", "目標"], ["4月", 500]],
    )
    book["隠し"].sheet_state = "hidden"
    book.save(path)
    report = preview(path)
    assert (report.sheets, report.other_sheets) == (["Y2025", "Y2026"], ["表紙", "隠し", "目標"])
    assert (report.new, report.totals, report.outcomes) == (2, {"JPY": 340}, {"won": 1, "lost": 1})
    assert preview(path, Where(sheets=("隠し",))).totals == {"JPY": 1}
    with pytest.raises(ImportRefusedError, match=r"No sheet 'Y2024'\. Sheets: 表紙, Y2025"):
        preview(path, Where(sheets=("Y2024",)))


def test_problems_of_several_sheets_name_their_sheet(path: Path) -> None:
    workbook(path, Y2025=[HEADERS, deal("A", "未定")], Y2026=[HEADERS, deal("B", "未定")])
    messages = sorted(group.message[:11] for group in preview(path).problems)
    assert messages == ["Y2025: 金額: ", "Y2026: 金額: "]


def test_the_row_of_the_header_may_be_given(path: Path) -> None:
    workbook(path, S=[["案件ID", "案件名", "フェーズ"], [], ["管理番号", "名", "段階"], ["A", "x", "受注"]])
    assert preview(path, Where(header_row=3)).columns == {"crm_id": "管理番号", "stage": "段階"}
    with pytest.raises(ImportRefusedError, match="Row 2 is empty"):
        preview(path, Where(header_row=2))


def merged(path: Path, change: Callable[[Worksheet], None], *rows: list[object]) -> Report:
    book = workbook(path, S=[HEADERS, *rows])
    change(book["S"])
    book.save(path)
    return preview(path)


def test_a_stage_merged_over_its_deals_counts_for_each(path: Path) -> None:
    rows = deal("A", 100), deal("B", 200, ""), deal("C", 300, "失注")
    report = merged(path, lambda sheet: sheet.merge_cells("D2:D3"), *rows)
    assert (report.outcomes, report.totals, report.problem_count) == ({"won": 2, "lost": 1}, {"JPY": 600}, 0)


def test_a_deal_merged_over_its_products_is_one_with_all_of_them(path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        for column in "ABCDE":
            sheet.merge_cells(f"{column}2:{column}3")

    report = merged(path, merge, deal("A", 100, product="点検"), ["", "", "", "", None, "集計"], deal("B", 5))
    assert (report.new, report.joined, report.totals) == (2, 1, {"JPY": 105})
    assert report.samples[0]["product"] == ["点検", "集計"]


def test_an_amount_merged_over_several_deals_is_counted_once_and_said(path: Path) -> None:
    report = merged(path, lambda sheet: sheet.merge_cells("E2:E3"), deal("A", 100), deal("B", None))
    assert (report.new, report.totals) == (2, {"JPY": 100})
    assert [group.message for group in report.problems] == [
        "金額: The cell is merged over several deals; its amount was given to the first."
    ]


def test_a_format_far_away_is_no_obstacle(path: Path) -> None:
    def colour(sheet: Worksheet) -> None:
        sheet["XFD1048576"].number_format = "0.00"

    assert merged(path, colour, deal("A", 100)).totals == {"JPY": 100}


def test_a_cell_with_an_error_is_named(path: Path) -> None:
    assert any("#N/A were read as empty: E2." in note for note in merged(path, lambda _: None, deal("A", "#N/A")).notes)


def test_an_old_workbook_is_read_and_named_so(tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(zlib.decompress(base64.b64decode(OLD)))
    report = preview(path)
    assert (report.form, report.new, report.totals) == ("xls", 2, {"JPY": 1500000})


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_old_workbook_is_refused_or_read_and_never_ends_the_program(tmp_path: Path, seed: int) -> None:
    raw, chance = bytearray(zlib.decompress(base64.b64decode(OLD))), random.Random(seed)
    for _ in range(200):
        raw[chance.randrange(8, len(raw))] = chance.randrange(256)
    path = tmp_path / "old.xls"
    path.write_bytes(raw)
    try:
        assert open_table(path).form == "xls"
    except ImportRefusedError as error:
        assert "password-protected or damaged" in error.sentence or "no header row" in error.sentence


def test_an_html_page_of_endless_cells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.xls"
    path.write_text("<html><table><tr>" + "<td colspan=1000>x</td>" * 3_000 + "</tr></table></html>", "utf-8")
    with pytest.raises(ImportRefusedError, match="more than 2,000,000 cells"):
        open_table(path)


def test_a_spreadsheet_in_xml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "d.xls"
    path.write_text('<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook/>', "utf-8")
    with pytest.raises(ImportRefusedError, match="XML spreadsheet of Excel 2003"):
        open_table(path)
