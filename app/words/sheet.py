"""A short document of headings and lines, as Markdown and as a Word file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FONT, SIZE = "Yu Gothic", 10  # installed with Word in Japan; points
MARGIN = 20  # millimetres
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = re.compile(r"[\\`*\[\]<]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|~(?=~)")  # signs Markdown would take as its own
_LEADING = re.compile(r"^(?:(?=>|(?:#{1,6}|[+-]+)(?:\s|$))|\d+(?=[.)](?:\s|$)))")  # before what begins a block


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its lines."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A title and sections."""

    title: str
    sections: tuple[Section, ...]


def to_markdown(sheet: Sheet) -> str:
    """Return a sheet as Markdown."""
    parts = [f"# {_escaped(sheet.title)}"]
    for section in sheet.sections:
        parts += [f"## {_escaped(section.heading)}", "\n".join(f"- {_escaped(line)}" for line in section.lines)]
    return "\n\n".join(parts) + "\n"


def to_docx(sheet: Sheet) -> bytes:
    """Return a sheet as a Word file on A4."""
    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(MARGIN)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(SIZE)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    document.add_heading(_clean(sheet.title), level=1)
    for section in sheet.sections:
        document.add_heading(_clean(section.heading), level=2)
        for line in section.lines:
            document.add_paragraph(_clean(line), style="List Bullet")
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def _clean(text: str) -> str:
    """Return a text in one line, without the characters XML 1.0 does not allow."""
    return _NOT_XML.sub("", " ".join(text.split()))


def _escaped(text: str) -> str:
    """Return a text as Markdown in one line that reads exactly so."""
    return _LEADING.sub(r"\g<0>\\", _MARKUP.sub(r"\\\g<0>", _clean(text)))
