"""Convert a PDF to Markdown, one section per page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pypdfium2

from ingest.importers.archive import damaged, locked
from ingest.importers.converted import Converted
from ingest.importers.layout import APART, HYPHEN, Line, is_wide, paragraphs, put_together
from ingest.parse import detect_language
from kb.wording import say

WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD
MARGIN = 0.12  # of the height of a page; headers and footers stand within it
REPEATED = 0.4  # share of the pages on which a line in the margin stands to be a header; left and right may alternate
_NUMBER = re.compile(r"\d+")
_HEADING_SIGN = re.compile(r"^(?=#{1,6}(?:\s|$)|={3,}|-{3,}$)")
Page = tuple[list[Line], float]  # lines, height


def pages_to_markdown(raw: bytes, with_hidden: bool = False) -> Converted:
    """Return the text of each page under a heading with its number; empty for a scan. Raises RefusedTextError."""
    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        raise (locked() if error.err_code == WRONG_PASSWORD else damaged()) from error
    try:
        pages = [_read(page) for page in document]
    finally:
        document.close()
    repeated = _repeated(pages)
    texts: list[str] = []
    left_out: dict[tuple[str, bool], str] = {}
    for lines, height in pages:
        kept = []
        for line in lines:
            pattern = _pattern(line, height)
            if pattern and pattern in repeated:
                left_out.setdefault(pattern, line.text)
            else:
                kept.append(line)
        texts.append("\n\n".join(_HEADING_SIGN.sub(r"\\", text) for text in paragraphs(kept)))
    word = "ページ" if detect_language("".join(texts)) == "ja" else "Page"
    body = "\n\n".join(f"## {word} {number}\n\n{text}" for number, text in enumerate(texts, start=1) if text)
    shown = " / ".join(left_out.values())
    return Converted(body, (say("Headers and footers left out: {texts}.", texts=shown),) if left_out else ())


def _read(page: pypdfium2.PdfPage) -> Page:
    """Return the lines of a page where they stand, and its height."""
    text_page = page.get_textpage()
    try:
        return put_together(list(_pieces(text_page))), page.get_height()
    finally:
        text_page.close()
        page.close()


def _pieces(text_page: pypdfium2.PdfTextPage) -> Iterator[Line]:
    """Yield letters that stand close together in a line; every letter of the page is in one piece."""
    letters: list[str] = []
    box = pypdfium2.raw.FS_RECTF()
    left = bottom = right = top = 0.0
    for number in range(text_page.count_chars()):
        letter = _tidy(chr(pypdfium2.raw.FPDFText_GetUnicode(text_page, number)))
        if not letter or letter.isspace():
            if letters and letter and letter in "\r\n":
                yield Line(left, bottom, right, top, "".join(letters))
                letters = []
            elif letters:
                letters.append(" " if letter else "")
            continue
        pypdfium2.raw.FPDFText_GetLooseCharBox(text_page, number, box)
        gap, height = box.left - right, box.top - box.bottom
        is_beside = min(top, box.top) - max(bottom, box.bottom) >= 0.5 * min(height, top - bottom)
        if letters and is_beside and -height <= gap <= APART * height:
            is_word = gap > 0.15 * height and not (letters[-1] == " " or is_wide(letters[-1][-1:]) or is_wide(letter))
            letters += [" ", letter] if is_word else [letter]
            bottom, right, top = min(bottom, box.bottom), max(right, box.right), max(top, box.top)
            continue
        if letters:
            yield Line(left, bottom, right, top, "".join(letters))
        letters, left, bottom, right, top = [letter], box.left, box.bottom, box.right, box.top
    if letters:
        yield Line(left, bottom, right, top, "".join(letters))


def _repeated(pages: list[Page]) -> set[tuple[str, bool]]:
    """Return the lines that stand at the same place in the margin of many pages, whatever their numbers."""
    patterns = [{found for line in lines if (found := _pattern(line, height))} for lines, height in pages]
    counts = Counter(pattern for found in patterns for pattern in found)
    return {pattern for pattern, count in counts.items() if count >= max(2, REPEATED * len(pages))}


def _pattern(line: Line, height: float) -> tuple[str, bool] | None:
    is_above, is_below = line.bottom >= height * (1 - MARGIN), line.top <= height * MARGIN
    return (_NUMBER.sub("#", line.text), is_above) if is_above or is_below else None


def _tidy(letter: str) -> str:
    return HYPHEN if letter in "\x02\ufffe" else "" if letter == "\x00" else letter
