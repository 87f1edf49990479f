"""Convert Office documents, PDF and web pages to Markdown, without network access."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import PurePath

from markitdown import StreamInfo
from markitdown.converters import DocxConverter, HtmlConverter, PptxConverter

from ingest.importers.archive import damaged, refuse_unsafe
from ingest.importers.pages import pages_to_markdown
from ingest.importers.sheets import sheets_to_markdown
from ingest.importers.slides import in_sections
from kb.errors import RefusedTextError
from kb.wording import say

_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_GIVEN_NAME = re.compile(
    r"(?:Picture|Image|Graphic|Photo|Content Placeholder|Google Shape|図|画像|グラフィックス"
    r"|コンテンツ プレースホルダー)[\s\d;:p]*",
    re.IGNORECASE,
)
_UNDERLINE = re.compile(r"</?u>")
_LETTER = re.compile(r"\w")
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_HEAD = 4096  # bytes; a page declares its encoding within them


def read_document(name: str, raw: bytes) -> str:
    """Return a document as Markdown. Raises RefusedTextError."""
    read = READERS.get(PurePath(name).suffix.lower())
    if read is None:
        kinds = ", ".join(READERS)
        raise RefusedTextError(say("This file type is not supported. Use one of {kinds}.", kinds=kinds))
    try:
        with warnings.catch_warnings():  # about fonts, styles and extensions, irrelevant to the text
            warnings.simplefilter("ignore")
            text = _PICTURE.sub(_described, read(raw))
    except (RefusedTextError, MemoryError):
        raise
    except Exception as error:  # each parser has its own errors for damaged files
        raise damaged() from error
    if not _LETTER.search(text):
        message = say("The file contains no text. If it is a scan, run text recognition (OCR) on it first.")
        raise RefusedTextError(message)
    return text


def _docx(raw: bytes) -> str:
    refuse_unsafe(raw)
    return _UNDERLINE.sub("", DocxConverter().convert(io.BytesIO(raw), StreamInfo(), escape_underscores=False).markdown)


def _pptx(raw: bytes) -> str:
    refuse_unsafe(raw)
    converted = PptxConverter().convert(io.BytesIO(raw), StreamInfo(), escape_underscores=False).markdown
    return in_sections(_PICTURE.sub(_described, converted))


def _xlsx(raw: bytes) -> str:
    refuse_unsafe(raw)
    return sheets_to_markdown(raw)


def _html(raw: bytes) -> str:
    info = StreamInfo(charset=_charset(raw))
    return _UNDERLINE.sub("", HtmlConverter().convert(io.BytesIO(raw), info, escape_underscores=False).markdown)


READERS: Mapping[str, Callable[[bytes], str]] = {
    ".pptx": _pptx,
    ".docx": _docx,
    ".xlsx": _xlsx,
    ".pdf": pages_to_markdown,
    ".html": _html,
    ".htm": _html,
}


def _charset(raw: bytes) -> str:
    """Return the encoding of a page: UTF-8 if valid, else as declared, else Shift_JIS."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        declared = _CHARSET.search(raw[:_HEAD])
        name = declared[1].decode("ascii").lower() if declared else "cp932"
        return "cp932" if name in ("shift_jis", "shift-jis", "x-sjis", "utf-8") else name
    return "utf-8"


def _described(picture: re.Match[str]) -> str:
    """Return the alt text an author gave a picture, without generated names."""
    return "" if _GIVEN_NAME.fullmatch(picture[1].strip()) else picture[1].strip()
