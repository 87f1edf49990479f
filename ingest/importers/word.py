"""Convert a Word document to Markdown: what it shows, under headings of whatever style."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping

import mammoth
from markitdown.converter_utils.docx.pre_process import pre_process_docx

from ingest.importers.archive import Element, refuse_unsafe, serialized, xml_of
from ingest.importers.converted import Converted
from ingest.importers.web import html_to_markdown
from kb.wording import say

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_READ = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_MARGIN = re.compile(r"word/(?:header|footer)\d*\.xml")
_HEADING = re.compile(r"(?:heading|見出し) ?(\d)", re.IGNORECASE)
_TITLE = ("title", "表題")
LARGE = 28  # half points; a short bold line this large is a heading without a style
SHORT = 60  # characters


def word_to_markdown(raw: bytes, with_hidden: bool) -> Converted:
    """Return a Word document as Markdown. Raises RefusedTextError."""
    refuse_unsafe(raw)
    prepared, notes = _prepared(raw, with_hidden)
    html = mammoth.convert_to_html(pre_process_docx(io.BytesIO(prepared))).value
    converted = html_to_markdown(html, with_hidden)
    return Converted(converted.text, (*notes, *converted.notes))


def _prepared(raw: bytes, with_hidden: bool) -> tuple[bytes, list[str]]:
    """Return the document with headings marked, hidden text removed and ruby reduced to its base, and notes."""
    out, hidden, deleted = io.BytesIO(), 0, 0
    notes: list[str] = []
    with zipfile.ZipFile(io.BytesIO(raw)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        names = given.namelist()
        styles = _Styles(xml_of(given.read("word/styles.xml"))) if "word/styles.xml" in names else _Styles(None)
        for name in names:
            part = given.read(name)
            if name in _READ:
                root = xml_of(part)
                hidden += 0 if with_hidden else _remove_hidden(root, styles)
                deleted += sum(1 for gone in root.iter(f"{_W}del") if gone.find(f".//{_W}delText") is not None)
                _simplify(root)
                styles.mark_headings(root)
                part = serialized(root)
            written.writestr(name, part)
        margins = [text for name in names if _MARGIN.fullmatch(name) and (text := _text(xml_of(given.read(name))))]
        comments = (
            sum(1 for _ in xml_of(given.read("word/comments.xml")).iter(f"{_W}comment"))
            if "word/comments.xml" in names
            else 0
        )
    notes += [say("Passages of hidden text left out: {count}.", count=hidden)] if hidden else []
    notes += [say("Deleted passages (tracked changes) left out: {count}.", count=deleted)] if deleted else []
    notes += [say("Comments left out: {count}.", count=comments)] if comments else []
    notes += (
        [say("Headers and footers left out: {texts}.", texts=" / ".join(dict.fromkeys(margins)))] if margins else []
    )
    return out.getvalue(), notes


class _Styles:
    """What the styles of a document say of a paragraph, also through the styles they are based on."""

    def __init__(self, root: Element | None) -> None:
        styles = [] if root is None else root.iter(f"{_W}style")
        self._styles: Mapping[str, Element] = {style.get(f"{_W}styleId", ""): style for style in styles}

    def chain(self, name: str) -> Iterator[Element]:
        """Yield a style and those it is based on."""
        seen: set[str] = set()
        while name in self._styles and name not in seen:
            seen.add(name)
            yield self._styles[name]
            name = _value(self._styles[name], "basedOn")

    def is_hidden(self, name: str) -> bool:
        """Whether a style hides its text."""
        return any(_is_on(style.find(f"{_W}rPr/{_W}vanish")) for style in self.chain(name))

    def mark_headings(self, root: Element) -> None:
        """Give each heading the style that the converter knows; a title stands above the headings."""
        levels = {paragraph: self._level(paragraph) for paragraph in root.iter(f"{_W}p")}
        below_title = 1 if 0 in levels.values() else 0
        for paragraph, level in levels.items():
            if level is not None:
                _set_style(paragraph, f"Heading{min(level + below_title, 6) or 1}")

    def _level(self, paragraph: Element) -> int | None:
        """Return the level of a heading, from 1; 0 for a title, None for other paragraphs."""
        if paragraph.getparent().tag == f"{_W}tc" or not _text(paragraph):
            return None
        own = _value(paragraph, "pPr", "outlineLvl")
        if own.isdecimal():
            return int(own) + 1 if int(own) < 9 else None
        for style in self.chain(_value(paragraph, "pPr", "pStyle")):
            name = _value(style, "name").strip().lower()
            outline = _value(style, "pPr", "outlineLvl")
            if name in _TITLE:
                return 0
            if found := _HEADING.fullmatch(name):
                return int(found[1])
            if outline.isdecimal():
                return int(outline) + 1 if int(outline) < 9 else None
        return 2 if _looks_like_heading(paragraph) else None


def _looks_like_heading(paragraph: Element) -> bool:
    runs = [run for run in paragraph.iter(f"{_W}r") if run.find(f"{_W}t") is not None]
    sizes = [_value(run, "rPr", "sz") for run in runs]
    is_large = bool(sizes) and all(size.isdecimal() and int(size) >= LARGE for size in sizes)
    return is_large and len(_text(paragraph)) <= SHORT and all(_is_on(run.find(f"{_W}rPr/{_W}b")) for run in runs)


def _remove_hidden(root: Element, styles: _Styles) -> int:
    """Remove hidden runs and return how many had text."""
    count = 0
    for paragraph in root.iter(f"{_W}p"):
        hides = styles.is_hidden(_value(paragraph, "pPr", "pStyle"))
        for run in list(paragraph.iter(f"{_W}r")):
            own = run.find(f"{_W}rPr/{_W}vanish")
            if _is_on(own) if own is not None else hides or styles.is_hidden(_value(run, "rPr", "rStyle")):
                count += bool(_text(run))
                run.getparent().remove(run)
    return count


def _simplify(root: Element) -> None:
    """Keep the base of ruby, and plain hyphens in codes."""
    for ruby in list(root.iter(f"{_W}ruby")):
        for word in ruby.findall(f"{_W}rubyBase//{_W}t"):
            ruby.addprevious(word)
        ruby.getparent().remove(ruby)
    for hyphen in root.iter(f"{_W}noBreakHyphen"):
        hyphen.tag, hyphen.text = f"{_W}t", "-"
    for hyphen in list(root.iter(f"{_W}softHyphen")):
        hyphen.getparent().remove(hyphen)


def _set_style(paragraph: Element, name: str) -> None:
    about = paragraph.find(f"{_W}pPr")
    if about is None:
        about = paragraph.makeelement(f"{_W}pPr")
        paragraph.insert(0, about)
    style = about.find(f"{_W}pStyle")
    if style is None:
        style = about.makeelement(f"{_W}pStyle")
        about.insert(0, style)
    style.set(f"{_W}val", name)


def _value(element: Element, *path: str) -> str:
    found = element.find("/".join(f"{_W}{name}" for name in path))
    return "" if found is None else found.get(f"{_W}val") or ""


def _is_on(element: Element | None) -> bool:
    return element is not None and element.get(f"{_W}val", "1") not in ("0", "false", "off")


def _text(element: Element) -> str:
    return " ".join("".join(word.text or "" for word in element.iter(f"{_W}t")).split())
