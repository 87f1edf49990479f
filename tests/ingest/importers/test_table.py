"""A table is read whatever program wrote it; what cannot be read is said in a sentence."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.importers.errors import ImportRefusedError
from ingest.importers.table import Row, RowProblem, Where, open_table
from tests.ingest.importers.tables import DEAL, HEADERS, csv_text, write_csv, write_workbook


def cells(path: Path) -> list[list[str]]:
    return [list(row.cells) for row in open_table(path).rows() if isinstance(row, Row)]


def problems(path: Path) -> list[tuple[int, str]]:
    return [(row.row, row.message) for row in open_table(path).rows() if isinstance(row, RowProblem)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp932", "cp932"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
    ],
)
def test_encoding_and_separator_are_found(tmp_path: Path, encoding: str, found: str, separator: str) -> None:
    path = write_csv(tmp_path / "deals.csv", HEADERS, DEAL, encoding=encoding, separator=separator)
    table = open_table(path)
    assert (table.headers, table.encoding, table.separator) == (HEADERS, found, separator)
    assert cells(path) == [list(DEAL)]


def test_a_table_can_be_read_twice(tmp_path: Path) -> None:
    table = open_table(write_csv(tmp_path / "deals.csv", HEADERS, DEAL))
    assert list(table.rows()) == list(table.rows())


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1), min_size=3, max_size=3)
    )
)
def test_every_cell_of_a_csv_file_is_read_as_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    path = write_csv(tmp_path_factory.mktemp("t") / "t.csv", ("id", "b", "c"), *filled)
    assert cells(path) == filled


def test_a_separator_inside_quotes_of_the_header_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text('"a,b,c,d";"e"\n1;2\n', "utf-8")
    assert open_table(path).headers == ("a,b,c,d", "e")


@pytest.mark.parametrize("separator", [";", "|"])
def test_a_first_line_may_tell_the_separator(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(f"sep={separator}\nid{separator}a,b,c\n1{separator}x\n", "utf-8-sig")
    assert open_table(path).headers == ("id", "a,b,c")
    assert cells(path) == [["1", "x"]]


def test_a_cell_with_line_breaks_is_one_cell_and_rows_are_counted_as_a_spreadsheet_does(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "deals.csv", ("id", "memo"), ("1", "a\r\nb\r\nc"), ("2", "x"))
    assert [(row.number, list(row.cells)) for row in open_table(path).rows() if isinstance(row, Row)] == [
        (2, ["1", "a\r\nb\r\nc"]),
        (3, ["2", "x"]),
    ]


def test_a_row_with_too_many_columns_is_a_problem_and_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("id,amount\n1,1,200\n2,50\n3,70,\n", "utf-8")
    assert cells(path) == [["2", "50"], ["3", "70"]]
    assert problems(path) == [
        (2, "The row has 3 columns, the header 2. It was skipped; quote values that contain the separator.")
    ]


def test_a_quote_that_is_never_closed_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text('id,memo\n1,fine\n2,"open\n3,x\n', "utf-8")
    assert cells(path) == [["1", "fine"]]
    assert problems(path) == [(3, "Unbalanced quotes in this row (line 4).")]


def test_empty_rows_are_left_out_and_the_header_may_stand_below_some(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("\n,,\nid,memo\n\n1,a\n , \n", "utf-8")
    assert [(row.number, row.cells[0]) for row in open_table(path).rows() if isinstance(row, Row)] == [(5, "1")]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "The file is empty"),
        (b" \n\n", "The file is empty"),
        (codecs.BOM_UTF8, "The file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200), "Not a text file"),
        ("id,société\n".encode("cp1252"), "neither UTF-8 nor CP932"),
        (b"id,name\n1,a\x00b\n", "Not a text file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password-protected or damaged"),
        (b"PK\x03\x04broken", "The workbook is damaged"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(tmp_path: Path, raw: bytes, sentence: str) -> None:
    path = tmp_path / "export"
    path.write_bytes(raw)
    with pytest.raises(ImportRefusedError, match=sentence):
        open_table(path)


def test_a_missing_file_is_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="it does not exist"):
        open_table(tmp_path / "none.csv")


def test_an_encoding_may_be_named_and_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes("id;société\n1;x\n".encode("cp1252"))
    assert open_table(path, Where("cp1252")).headers == ("id", "société")
    with pytest.raises(ImportRefusedError, match="Line 1 of the file is not valid UTF-8"):
        open_table(path, Where("utf8"))
    with pytest.raises(ImportRefusedError, match="'klingon' is not a known encoding"):
        open_table(path, Where("klingon"))


def test_a_workbook_is_read_like_a_csv_file(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "deals.xlsx", ("id", "amount", "name"), (1.0, 1124741.15, "青葉\n精工"), (2.0, 50.0, "=1+1")
    )
    assert open_table(path).headers == ("id", "amount", "name")
    assert cells(path) == [["1", "1124741.15", "青葉\n精工"], ["2", "50", "=1+1"]]


def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deals.csv", csv_text([HEADERS, DEAL]))
    with pytest.raises(ImportRefusedError, match=r"not an \.xlsx workbook"):
        open_table(path)


def test_a_workbook_that_unpacks_to_far_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "bomb.xlsx", sheet="<worksheet>" + " " * 60_000_000 + "</worksheet>")
    assert path.stat().st_size < 100_000
    with pytest.raises(ImportRefusedError, match="larger than 500 MB"):
        open_table(path)


def test_a_workbook_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "bomb.xlsx", sheet="<worksheet>" + " " * 60_000_000 + "</worksheet>")
    said = (60_000_000 + len("<worksheet></worksheet>")).to_bytes(4, "little")
    raw = path.read_bytes()
    assert raw.count(said) == 2
    path.write_bytes(raw.replace(said, (1000).to_bytes(4, "little")))
    with pytest.raises(ImportRefusedError):
        open_table(path)


def test_a_sheet_with_a_lonely_cell_far_away_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    cell = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = write_workbook(tmp_path / "wide.xlsx", sheet=f"<worksheet><sheetData>{cell}</sheetData></worksheet>")
    with pytest.raises(ImportRefusedError, match="spans 1,048,576 rows and 16,384 columns"):
        open_table(path)


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "deals.xlsx", ("id",), ("1",), sheet="<worksheet><sheetData><row>")
    with pytest.raises(ImportRefusedError):
        open_table(path)


def test_a_merged_header_is_read_with_the_one_known_part_below_it(tmp_path: Path) -> None:
    rows = (["案件名", "顧客", "見込", "", "結果"], ["", "", "金額", "時期", ""], ["点検", "浜野", "80", "春", "受注"])
    assert open_table(write_csv(tmp_path / "a.csv", *rows)).headers == ("案件名", "顧客", "金額", "時期", "結果")
    assert open_table(write_csv(tmp_path / "b.csv", rows[0], rows[2])).headers[2] == "見込"
