"""Documents become Markdown with their headings and tables; what cannot be read is said in one sentence."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from pptx import Presentation
from pptx.util import Emu

from ingest import zips
from ingest.importers import archive
from ingest.importers.documents import read_document
from ingest.importers.incoming import bring_in
from ingest.importers.sheets import to_table
from kb.errors import RefusedTextError
from tests.words import write

DOCX_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
    'Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>',
}
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(*paragraphs: tuple[str, str]) -> bytes:
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'
        for style, text in paragraphs
    )
    style = '<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/></w:style>'
    styles = f"<w:styles {WORD}>{style}</w:styles>"
    return zipped(
        DOCX_PARTS
        | {"word/document.xml": f"<w:document {WORD}><w:body>{body}</w:body></w:document>", "word/styles.xml": styles}
    )


def zipped(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return out.getvalue()


def pptx() -> bytes:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "現場ログの\vご紹介"
    slide.placeholders[1].text = "三つのボタン\nroi_2026 は *18か月*"
    slide.notes_slide.notes_text_frame.text = "ここで実機を見せる"
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "価格"
    table = slide.shapes.add_table(2, 2, Emu(0), Emu(3_000_000), Emu(100), Emu(100)).table
    for number, text in enumerate(("製品", "円", "標準", "3600")):
        table.cell(number // 2, number % 2).text = text
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.shapes.add_textbox(Emu(0), Emu(0), Emu(100), Emu(100)).text_frame.text = "題名のない一枚"
    deck.slides.add_slide(deck.slide_layouts[6])
    return saved(deck)


def xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "価格表"
    for row in (["", ""], ["製品", None, "金額", "率", "日付"], ["NA", None, 120, 0.285, datetime(2026, 9, 18)]):
        sheet.append(row)
    sheet.append(["a|b\n改行", None, None, 1.5, True])
    sheet["D3"].number_format = "0.0%"
    book.create_sheet("空")
    hidden = book.create_sheet("原価")
    hidden.append(["秘密"])
    hidden.sheet_state = "hidden"
    return saved(book)


def saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def pdf(*lines: str, is_locked: bool = False) -> bytes:
    shown = "BT /F1 12 Tf 72 720 Td 14 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 4 0 R>>>>/Contents 5 0 R>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Length {len(shown)}>>\nstream\n{shown}\nendstream",
        f"<</Filter/Standard/V 1/R 2/O<{'ab' * 32}>/U<{'cd' * 32}>/P -4>>",
    ]
    raw, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, start=1):
        places.append(len(raw))
        raw += f"{number} 0 obj\n{text}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    lock = "/Encrypt 6 0 R/ID[<00><00>]" if is_locked else ""
    end = f"xref\n0 7\n0000000000 65535 f \n{table}trailer\n<</Size 7/Root 1 0 R{lock}>>\nstartxref\n{len(raw)}\n%%EOF"
    return raw + end.encode()


def test_slides_become_sections_with_their_notes() -> None:
    assert read_document("x.pptx", pptx()).text == (
        "## 現場ログの ご紹介\n\n- 三つのボタン\n- roi_2026 は *18か月*\n\n### ノート\n\nここで実機を見せる\n\n"
        "## 価格\n\n| 製品 | 円 |\n| --- | --- |\n| 標準 | 3600 |\n\n"
        "## スライド 3\n\n題名のない一枚"
    )


def test_a_word_document_keeps_its_headings() -> None:
    text = read_document("x.DOCX", docx(("Heading2", "決め手"), ("", "roi_2026 が効いた。"), ("Heading2", "次回"))).text
    assert text.split() == ["##", "決め手", "roi_2026", "が効いた。", "##", "次回"]


def test_visible_sheets_become_tables_with_the_values_people_see() -> None:
    assert read_document("x.xlsx", xlsx()).text == (
        "## 価格表\n\n| 製品 | 金額 | 率 | 日付 |\n| --- | --- | --- | --- |\n"
        "| NA | 120 | 28.5% | 2026-09-18 |\n| a\\|b 改行 |  | 1.5 | TRUE |"
    )


def test_pages_of_a_pdf_become_sections() -> None:
    text = read_document(
        "x.pdf", pdf("Price objection", "The buyer said that the offer is", "too expensive for them.")
    ).text
    assert text == "## Page 1\n\nPrice objection\n\nThe buyer said that the offer is too expensive for them."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc-jp", "utf-16"])
def test_a_web_page_keeps_headings_and_loses_scripts_and_pictures(encoding: str) -> None:
    declared = {"cp932": "Shift_JIS", "euc-jp": "EUC-JP"}.get(encoding, "utf-8")
    page = (
        f'<html><head><meta charset="{declared}"><title>x</title><script>alert(1)</script></head><body><h2>価格</h2>'
        '<p>安い<u>です</u>。<img src="a.png" alt="売上のグラフ"><img src="b.png" alt="図 3"></p>'
        '<a href="javascript:alert(1)">押す</a></body></html>'
    )
    text = read_document("x.html", page.encode(encoding)).text
    assert text.split() == ["##", "価格", "安いです。売上のグラフ", "押す"]


def test_columns_and_rows_without_a_value_are_left_out() -> None:
    assert to_table([["", ""], ["a", "", "b"], [], ["", "", "c"]]) == "| a | b |\n| --- | --- |\n|  | c |"
    assert to_table([["", ""]]) == ""


def declared_as(raw: bytes, size: int) -> bytes:
    """Return an archive whose parts claim to be larger than they are."""
    out = bytearray(raw)
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", out, at + 24, size)
        at = raw.find(b"PK\x01\x02", at + 4)
    return bytes(out)


def with_flag(raw: bytes) -> bytes:
    out = bytearray(raw)
    out[raw.find(b"PK\x01\x02") + 8] |= 1
    return bytes(out)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512
LOCKED = OLE + "EncryptedPackage".encode("utf-16-le")
PASSWORD = "The file is password-protected. Save it without a password."
DAMAGED = "The file is damaged, or its extension does not match its content."
BEFORE_2007 = "The file is in the Office format from before 2007. Save it as .docx, .pptx or .xlsx."
TOO_LARGE = "The file unpacks to {} MB, which is too large to open. Split it."
NO_TEXT = "The file contains no text. If it is a scan, run text recognition (OCR) on it first."
KINDS = (
    "This file type is not supported. Use one of .pptx, .docx, .xlsx, .pdf, .html, .htm, .pptm, .docm, .xlsm, .mht,"
    " .mhtml, .doc, .ppt, .xls."
)
REFUSED = {
    "locked.docx": (LOCKED, PASSWORD),
    "locked.xlsx": (LOCKED, PASSWORD),
    "locked.pptx": (with_flag(pptx()), PASSWORD),
    "locked.pdf": (pdf("x", is_locked=True), PASSWORD),
    "old.docx": (OLE, BEFORE_2007),
    "old.doc": (OLE, BEFORE_2007),
    "old.xls": (OLE, BEFORE_2007),
    "cut.pptx": (pptx()[:-300], DAMAGED),
    "word.pptx": (docx(("", "x")), DAMAGED),
    "text.xlsx": (b"a,b\n1,2\n", DAMAGED),
    "word.xlsx": (docx(("", "x")), DAMAGED),
    "empty-archive.docx": (zipped({}), DAMAGED),
    "cut.pdf": (b"%PDF-1.4\nrubbish", DAMAGED),
    "scan.pdf": (pdf(), NO_TEXT),
    "empty.xlsx": (saved(openpyxl.Workbook()), NO_TEXT),
    "empty.pptx": (saved(Presentation()), NO_TEXT),
    "empty.docx": (docx(("", "")), NO_TEXT),
    "empty.html": (b"<html><body><img src='a.png'></body></html>", NO_TEXT),
    "bomb.docx": (declared_as(docx(("", "x")), 900_000_000), TOO_LARGE.format(3600)),
    "wide.xlsx": (zipped({"xl/a.xml": " " * (archive.MAX_XML + 1)}), TOO_LARGE.format(60)),
    "picture.png": (b"\x89PNG", KINDS),
    "none": (b"x", KINDS),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_said_in_one_sentence(name: str) -> None:
    raw, sentence = REFUSED[name]
    with pytest.raises(RefusedTextError) as refused:
        read_document(name, raw)
    assert str(refused.value) == sentence


def _zipped_as(compression: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as written:
        written.writestr("word/document.xml", " " * 1_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        declared_as(_zipped_as(zipfile.ZIP_DEFLATED), 10),  # it holds far more than it declares
        _zipped_as(zipfile.ZIP_LZMA),  # it can only be unpacked as a whole
        _zipped_as(zipfile.ZIP_BZIP2),
    ],
)
def test_an_office_file_that_could_fill_the_memory_is_refused_before_it_is_read(raw: bytes) -> None:
    with pytest.raises(RefusedTextError, match="damaged"):
        archive.refuse_unsafe(raw)


def test_an_office_file_that_shrank_as_no_text_does_is_refused() -> None:
    raw = zipped({"ppt/media/film.bin": "\0" * (zips.SMALL + 1)})
    with pytest.raises(RefusedTextError, match="too large to open"):
        archive.refuse_unsafe(raw)


def test_a_sheet_with_more_cells_than_a_note_has_is_refused() -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(190):
        sheet.append([None] * 16_000 + ["x"])
    with pytest.raises(RefusedTextError, match="more than 3,000,000 cells"):
        read_document("x.xlsx", saved(book))


def test_a_value_at_the_far_end_of_a_sheet_is_no_obstacle() -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "near", "far"
    assert read_document("x.xlsx", saved(book)).text == "## Sheet\n\n| near |  |\n| --- | --- |\n|  | far |"


def test_a_folder_of_mixed_files_gives_an_entry_for_each_good_one_once(tmp_path: Path) -> None:
    (tmp_path / "entries").mkdir()
    good = {"紹介.pptx": pptx(), "議事録.docx": docx(("", "決めた。")), "表.xlsx": xlsx(), "a.pdf": pdf("Price")}
    files = [write(tmp_path, name, raw) for name, raw in {**good, "z.docx": LOCKED, "y.pdf": pdf()}.items()]
    first = list(bring_in(tmp_path / "entries", files, read_document))
    again = list(bring_in(tmp_path / "entries", files, read_document))
    assert [arrival.is_new for arrival in first] == [True] * 4 + [False] * 2
    assert [arrival.path for arrival in again] == [arrival.path for arrival in first]
    assert not any(arrival.is_new for arrival in again)
    assert len(list((tmp_path / "entries").rglob("*.md"))) == 4
