"""Convert Office documents, PDF and web pages to Markdown, without network access."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePath

from ingest.importers.archive import damaged, is_old, refuse_unsafe
from ingest.importers.converted import Converted
from ingest.importers.pages import pages_to_markdown
from ingest.importers.sheets import sheets_to_markdown
from ingest.importers.slides import slides_to_markdown
from ingest.importers.web import page_to_markdown, saved_page_to_markdown
from ingest.importers.word import word_to_markdown
from kb.errors import RefusedTextError
from kb.index.variants import usual_forms
from kb.wording import say, together

_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_GIVEN_NAME = re.compile(
    r"(?:Picture|Image|Graphic|Photo|Content Placeholder|Google Shape|図|画像|グラフィックス"
    r"|コンテンツ プレースホルダー)[\s\d;:p]*",
    re.IGNORECASE,
)
_RADICAL = re.compile(r"[\u2e80-\u2fdf]")  # PDF fonts often give them for the characters they look like
_LETTER = re.compile(r"\w")


def read_document(name: str, raw: bytes, with_hidden: bool = False) -> Converted:
    """Return a document as Markdown; hidden parts only if asked for. Raises RefusedTextError."""
    read = READERS.get(PurePath(name).suffix.lower())
    if read is None:
        kinds = ", ".join(READERS)
        raise RefusedTextError(say("This file type is not supported. Use one of {kinds}.", kinds=kinds))
    try:
        with warnings.catch_warnings():  # about fonts, styles and extensions, irrelevant to the text
            warnings.simplefilter("ignore")
            converted = read(raw, with_hidden)
    except (RefusedTextError, MemoryError):
        raise
    except Exception as error:  # each parser has its own errors for damaged files
        raise damaged() from error
    text = _RADICAL.sub(_character, _PICTURE.sub(_described, converted.text))
    if not _LETTER.search(text) and converted.notes:
        raise RefusedTextError(together(say("The file contains no visible text."), *converted.notes))
    if not _LETTER.search(text):
        message = say("The file contains no text. If it is a scan, run text recognition (OCR) on it first.")
        raise RefusedTextError(message)
    return replace(converted, text=text)


def _slides(raw: bytes, with_hidden: bool) -> Converted:
    return slides_to_markdown(raw, with_hidden, _GIVEN_NAME)


def _doc(raw: bytes, with_hidden: bool) -> Converted:
    """Read what wikis and Word save as .doc although it is HTML or .docx."""
    if is_old(raw):
        refuse_unsafe(raw)
    return word_to_markdown(raw, with_hidden) if raw.startswith(b"PK") else saved_page_to_markdown(raw, with_hidden)


def _refused(raw: bytes, with_hidden: bool) -> Converted:
    refuse_unsafe(raw)
    raise damaged()


READERS: Mapping[str, Callable[[bytes, bool], Converted]] = {
    ".pptx": _slides,
    ".docx": word_to_markdown,
    ".xlsx": sheets_to_markdown,
    ".pdf": pages_to_markdown,
    ".html": page_to_markdown,
    ".htm": page_to_markdown,
    ".pptm": _slides,
    ".docm": word_to_markdown,
    ".xlsm": sheets_to_markdown,
    ".mht": saved_page_to_markdown,
    ".mhtml": saved_page_to_markdown,
    ".doc": _doc,
    ".ppt": _refused,
    ".xls": _refused,
}


def _character(radical: re.Match[str]) -> str:
    plain = unicodedata.normalize("NFKC", radical[0])
    return plain if plain != radical[0] else radical[0].translate(usual_forms())


def _described(picture: re.Match[str]) -> str:
    """Return the alt text an author gave a picture, without generated names."""
    return "" if _GIVEN_NAME.fullmatch(picture[1].strip()) else picture[1].strip()
