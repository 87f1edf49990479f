"""Build Office files and PDFs from the lines of a case, so that anyone can read and add one."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import timedelta

import openpyxl
from lxml import etree
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.util import Pt

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
    'Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_FRAME = (
    '<p:graphicFrame xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<p:nvGraphicFramePr><p:cNvPr id="99" name="図表"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>'
    '<p:xfrm><a:off x="0" y="{y}"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData uri="{uri}">'
    '<dgm:relIds xmlns:dgm="{uri}" r:dm="{id}"/></a:graphicData></a:graphic></p:graphicFrame>'
)


def zipped(parts: Mapping[str, str]) -> bytes:
    """Return parts as an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return out.getvalue()


def docx(text: str) -> bytes:
    """Build a document from the XML of its body; `part NAME` starts another part, such as styles."""
    body, *others = re.split(r"^part (\w+)\n", text, flags=re.MULTILINE)
    pairs = zip(others[::2], others[1::2], strict=True)
    parts = {f"word/{name}.xml": f"<w:{name} {WORD}>{xml}</w:{name}>" for name, xml in pairs}
    parts["word/document.xml"] = f"<w:document {WORD}><w:body>{body}</w:body></w:document>"
    return zipped({"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS} | parts)


def xlsx(text: str) -> bytes:
    """Build a workbook from lines: `A1 value`, `A1 value ¦ format`, `hide row 2`, `hide column B`, `merge A1:A2`, …."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "表"
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if line.startswith("hide row "):
            sheet.row_dimensions[int(line[9:])].hidden = True
        elif line.startswith("hide column "):
            sheet.column_dimensions[line[12:]].hidden = True
        elif word == "merge":
            sheet.merge_cells(rest)
        elif line.startswith("hidden sheet "):
            sheet = book.create_sheet(line[13:])
            sheet.sheet_state = "hidden"
        else:
            value, _, form = rest.partition(" ¦ ")
            is_time = re.fullmatch(r"(\d+)h(\d+)m", value)
            number = float(value) if re.fullmatch(r"-?[\d.]+", value) else value
            sheet[word] = timedelta(hours=int(is_time[1]), minutes=int(is_time[2])) if is_time else number
            sheet[word].number_format = form or "General"
    return _saved(book)


def pptx(text: str) -> bytes:
    """Build slides from lines: `slide TITLE`, `hidden slide TITLE`, `text …`, `table a,b;c,d`, `merge r,c r,c`, ….."""
    deck, slide, table, top = Presentation(), None, None, 0
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        top += 30
        if "slide " in line[:13]:
            slide = deck.slides.add_slide(deck.slide_layouts[5])
            slide.shapes.title.text = line.split("slide ", 1)[1]
            if word == "hidden":
                slide.element.set("show", "0")
        elif word == "text":
            slide.shapes.add_textbox(Pt(9), Pt(300 + top), Pt(9), Pt(9)).text_frame.text = rest
        elif word == "table":
            rows = [row.split(",") for row in rest.split(";")]
            table = slide.shapes.add_table(len(rows), len(rows[0]), Pt(9), Pt(300 + top), Pt(9), Pt(9)).table
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    table.cell(at, column).text = value
        elif word == "merge":
            first, last = ([int(n) for n in place.split(",")] for place in rest.split())
            table.cell(*first).merge(table.cell(*last))
        else:
            _add_diagram(deck, slide, rest.split(","), Pt(300 + top))
    return _saved(deck)


def _add_diagram(deck: object, slide: object, lines: list[str], y: int) -> None:
    points = "".join(f"<d:pt><d:t><a:p><a:r><a:t>{line}</a:t></a:r></a:p></d:t></d:pt>" for line in lines)
    points += '<d:pt type="pres"><d:t><a:p><a:r><a:t>no text</a:t></a:r></a:p></d:t></d:pt>'
    name = f'xmlns:d="{_DIAGRAM}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    blob = f"<d:dataModel {name}><d:ptLst>{points}</d:ptLst></d:dataModel>".encode()
    kind = "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"
    package = deck.part.package  # type: ignore[attr-defined]
    part = Part(PackURI("/ppt/diagrams/data1.xml"), kind, package, blob)
    relation = slide.part.relate_to(part, RELATIONSHIP_TYPE.DIAGRAM_DATA)  # type: ignore[attr-defined]
    frame = etree.fromstring(_FRAME.format(uri=_DIAGRAM, id=relation, y=y))
    slide.shapes._spTree.append(frame)  # type: ignore[attr-defined]


def pdf(text: str) -> bytes:
    """Build a PDF from lines: `page`, and `x y size text` with the place of the text in points."""
    pages: list[list[str]] = []
    for line in text.splitlines():
        if line == "page":
            pages.append([])
        else:
            x, y, size, words = line.split(" ", 3)
            pages[-1].append(f"BT /F1 {size} Tf {x} {y} Td <{words.encode('utf-16-be').hex()}> Tj ET")
    numbers = [6 + 2 * n for n in range(len(pages))]
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{' '.join(f'{n} 0 R' for n in numbers)}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type0/BaseFont/HeiseiKakuGo-W5/Encoding/UniJIS-UCS2-H/DescendantFonts[4 0 R]>>",
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/HeiseiKakuGo-W5/DW 1000/W[1[278 278 355 556 556 889 667 191 333 333"
        " 389 584 278 333 278 278] 17 26 556 27 94 600]/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)"
        "/Supplement 2>>/FontDescriptor 5 0 R>>",
        "<</Type/FontDescriptor/FontName/HeiseiKakuGo-W5/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800"
        "/Descent -200/CapHeight 700/StemV 80>>",
    ]
    for number, shown in zip(numbers, pages, strict=True):
        stream = "\n".join(shown)
        objects.append(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>"
            f"/Contents {number + 1} 0 R>>"
        )
        objects.append(f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream")
    return _numbered(objects)


def _numbered(objects: list[str]) -> bytes:
    raw, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, start=1):
        places.append(len(raw))
        raw += f"{number} 0 obj\n{text}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    end = f"trailer\n<</Size {count}/Root 1 0 R>>\nstartxref\n{len(raw)}\n%%EOF"
    return raw + f"xref\n0 {count}\n0000000000 65535 f \n{table}{end}".encode()


def _saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


BUILDERS: Mapping[str, Callable[[str], bytes]] = {
    "docx": docx,
    "xlsx": xlsx,
    "pptx": pptx,
    "pdf": pdf,
    "html": lambda text: text.encode(),
    "doc": lambda text: text.encode(),
}
