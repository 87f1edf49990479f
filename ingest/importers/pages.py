"""Convert a PDF to Markdown, one section per page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import pypdfium2

from ingest.importers.archive import damaged, locked
from ingest.parse import detect_language

WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD
FULL = 0.8  # of the widest line of a page; a line this wide continues in the next one
_SOFT_HYPHEN = re.compile(r"[\ufffe\u00ad]\s*")
_HEADING_SIGN = re.compile(r"^(?=#{1,6}(?:\s|$)|={3,}|-{3,}$)")


def pages_to_markdown(raw: bytes) -> str:
    """Return the text of each page under a heading with its number; empty for a scan. Raises RefusedTextError."""
    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        raise (locked() if error.err_code == WRONG_PASSWORD else damaged()) from error
    try:
        texts = [_text(page) for page in document]
    finally:
        document.close()
    word = "ページ" if detect_language("".join(texts)) == "ja" else "Page"
    pages = [(number, reflowed(text.splitlines())) for number, text in enumerate(texts, start=1)]
    return "\n\n".join(f"## {word} {number}\n\n{text}" for number, text in pages if text)


def reflowed(lines: Iterable[str]) -> str:
    """Return the lines of a page as paragraphs: a full line continues in the next, a short one ends a paragraph."""
    kept = [line.strip() for line in lines if line.strip()]
    full = FULL * max((width(line) for line in kept), default=0)
    paragraphs: list[str] = []
    continues = False
    for line in kept:
        if continues:
            paragraphs[-1] += ("" if _is_wide(paragraphs[-1][-1]) and _is_wide(line[0]) else " ") + line
        else:
            paragraphs.append(_HEADING_SIGN.sub(r"\\", line))
        continues = width(line) >= full and len(kept) > 1
    return "\n\n".join(paragraphs)


def width(line: str) -> int:
    """Return the printed width of a line in half-width characters."""
    return sum(2 if _is_wide(character) else 1 for character in line)


def _text(page: pypdfium2.PdfPage) -> str:
    text_page = page.get_textpage()
    try:
        return _SOFT_HYPHEN.sub("", str(text_page.get_text_bounded())).replace("\x00", "")
    finally:
        text_page.close()
        page.close()


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
