"""Convert web pages, and HTML saved by Outlook and Word, to Markdown."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import CData, PreformattedString, Tag
from markitdown.converters import HtmlConverter

from ingest.importers.archive import damaged
from ingest.importers.converted import Converted
from kb.wording import say

WIDEST = 200  # columns a cell may span
_INVISIBLE = ("script", "style", "template", "noscript", "rt", "rp", "xml", "title")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_HEAD = 4096  # bytes; a page declares its encoding within them


def page_to_markdown(raw: bytes, with_hidden: bool) -> Converted:
    """Return a web page as Markdown."""
    return html_to_markdown(raw.decode(_charset(raw), "replace"), with_hidden)


def saved_page_to_markdown(raw: bytes, with_hidden: bool) -> Converted:
    """Return the page of a web archive (.mht), or of a wiki export named .doc. Raises RefusedTextError."""
    if raw.lstrip()[:1] == b"<":
        return page_to_markdown(raw, with_hidden)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    part = message.get_body(("html",))
    if part is None:
        raise damaged()
    content = part.get_payload(decode=True)
    charset = part.get_content_charset()
    text = content.decode(charset or _charset(content), "replace") if isinstance(content, bytes) else str(content)
    return html_to_markdown(text, with_hidden)


def html_to_markdown(text: str, with_hidden: bool) -> Converted:
    """Return HTML as Markdown: ruby by its base, tables with every cell filled, hidden parts left out and counted."""
    soup = BeautifulSoup(text, "html.parser")
    for node in soup.find_all(string=lambda found: isinstance(found, PreformattedString)):  # comments, <![if …]>
        if not isinstance(node, CData):
            node.extract()
    for tag in soup(_INVISIBLE):
        tag.decompose()
    hidden = 0
    for tag in [] if with_hidden else soup(_is_hidden):
        hidden += not tag.decomposed and bool(tag.get_text(strip=True))
        tag.decompose()
    for tag in soup(["u", "o:p"]):
        tag.unwrap()
    for tag in soup.select("h1 b, h2 b, h3 b, h4 b, h5 b, h6 b, h1 strong, h2 strong, h3 strong, h4 strong, h5 strong"):
        tag.unwrap()
    for tag in soup.select("div.checkbox"):  # of Notion
        tag.replace_with("[x] " if "checkbox-on" in tag["class"] else "[ ] ")
    for table in soup("table"):
        _tidy_table(soup, table)
    markdown = HtmlConverter().convert_string(str(soup), escape_underscores=False, table_infer_header=True).markdown
    return Converted(markdown, (say("Hidden parts left out: {count}.", count=hidden),) if hidden else ())


def _is_hidden(tag: Tag) -> bool:
    return tag.has_attr("hidden") or bool(_HIDDEN.search(str(tag.get("style", ""))))


def _tidy_table(soup: BeautifulSoup, table: Tag) -> None:
    """Give each row all its cells on one line each; a table around other tables is only layout."""
    if table.find("table"):
        for part in [table, *_own(table, ("tbody", "thead", "tfoot", "tr", "td", "th"))]:
            part.name = "div"
        return
    carried: dict[int, tuple[int, str]] = {}  # column → rows that a merged cell still covers, and its text
    for row in table("tr"):
        texts: list[str] = []
        covers: dict[int, tuple[int, str]] = {}
        for cell in row(["td", "th"], recursive=False):
            _fill(texts, carried)
            text = _cell_text(cell)
            if (rows := _span(cell, "rowspan")) > 1:
                covers[len(texts)] = rows - 1, text
            texts += [text, *[""] * (min(_span(cell, "colspan"), WIDEST) - 1)]
        _fill(texts, carried)
        carried = {column: (rows - 1, text) for column, (rows, text) in carried.items() if rows > 1} | covers
        row.clear()
        for text in texts:
            cell = soup.new_tag("td")
            cell.string = text
            row.append(cell)


def _own(table: Tag, names: tuple[str, ...]) -> Iterator[Tag]:
    return (tag for tag in table(names) if tag.find_parent("table") is table)


def _fill(texts: list[str], carried: dict[int, tuple[int, str]]) -> None:
    while len(texts) in carried:
        texts.append(carried[len(texts)][1])


def _cell_text(cell: Tag) -> str:
    """Return the Markdown of a cell on one line."""
    for block in cell(["h1", "h2", "h3", "h4", "h5", "h6"]):
        block.name = "p"
    for item in cell("li"):
        item.name = "p"
    for items in cell(["ul", "ol"]):
        items.unwrap()
    markdown = HtmlConverter().convert_string(cell.decode_contents(), escape_underscores=False).markdown
    return " ".join(markdown.replace("|", "\\|").split())


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, ""))
    return max(1, int(value)) if value.isdecimal() and len(value) < 6 else 1


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
    return "utf-8-sig"
