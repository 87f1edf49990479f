"""Turn an author's Markdown into safe HTML, and a found passage into marked text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import nh3
from markupsafe import Markup, escape

from app.words.addresses import entry_address
from ingest.document import Document, plain_text, why_plain
from ingest.markdown import html_of, parse, tokens_of

SPOKEN_HEADINGS = frozenset({"話す一文", "話す言葉", "the line", "what to say"})
MOST_REMEMBERED = 256  # rendered texts and sentences to say; the key is the text itself, so that none is ever outdated
LONGEST_REMEMBERED = 30_000  # characters
MOST_LONG = 8  # longer ones, of up to some megabytes
SPOKEN_WITHIN = 10_000  # characters; every card in a list of hits reads them
MOST_ADDRESSES = 2_000_000  # characters of all links of an entry, whose folder is part of each; others lead nowhere
DEEPEST_HEADING = 6
TAGS = frozenset(
    [
        "p",
        "br",
        "hr",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "code",
        "em",
        "strong",
        "s",
        "a",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ]
)
ATTRIBUTES = {
    **{tag: {"id"} for tag in ("h2", "h3", "h4", "h5", "h6")},
    "a": {"href", "rel", "target", "title"},
    **{tag: {"class"} for tag in ("th", "td", "ul", "li", "code")},
    "ol": {"start"},
}
_ALIGNED = re.compile(r"text-align:(left|center|right)")
_LONG_TEXT = re.compile(r">[^<]{5000,}")
_PIECE = 500  # ampersands in a text that is cleaned at once; the time it takes grows with their square
_EMPTY_HEADER = re.compile(r"<th([^>]*)></th>")


@dataclass(slots=True)
class _Room:
    """How many characters the addresses of the remaining links may have."""

    characters: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """The body of an entry as its page shows it."""

    html: Markup  # without the sentence to say
    spoken: str  # the sentence to say, as plain text; empty when there is none
    plain: str = ""  # why it is shown without formatting; empty when it is not


def render_body(body: str, entry_path: str, title: str = "", *, spoken_apart: bool = False) -> Rendered:
    """Render the body of an entry; `spoken_apart` takes the sentence to say out of the text."""
    render = _remembered if len(body) <= LONGEST_REMEMBERED else _remembered_long
    return render(body, entry_path, title, spoken_apart)


def _of_body(body: str, entry_path: str, title: str, spoken_apart: bool) -> Rendered:
    tokens, excess = parse(body)
    shown = _rendered(tokens, entry_path, title, spoken_apart)
    return replace(shown, plain=why_plain(excess)) if excess else shown


_remembered = lru_cache(maxsize=MOST_REMEMBERED)(_of_body)
_remembered_long = lru_cache(maxsize=MOST_LONG)(_of_body)


def render_document(document: Document, entry_path: str, title: str = "", *, spoken_apart: bool = False) -> Rendered:
    """Render an already parsed text, as `render_body` does."""
    return _rendered([_copied(token) for token in document.tokens], entry_path, title, spoken_apart)


def render_section(body: str, entry_path: str, heading: str) -> Markup:
    """Render the section under a heading with its subsections; the beginning, if there is no such heading."""
    tokens: list[Any] = tokens_of(body)
    heads = [at for at, token in enumerate(tokens) if token.type == "heading_open"]
    start = next((at for at in heads if plain_text(tokens[at + 1]) == heading), None)
    if start is None:
        return _rendered(tokens[: heads[0]] if heads and heads[0] else tokens, entry_path, "", False).html
    end = next((at for at in heads if at > start and tokens[at].tag <= tokens[start].tag), len(tokens))
    return _rendered(tokens[start + 3 : end], entry_path, "", False).html


def _rendered(tokens: list[Any], entry_path: str, title: str, spoken_apart: bool) -> Rendered:
    place = _spoken_place(tokens) if spoken_apart else None
    spoken = _quoted(tokens[place[0] : place[1]]) if place else ""
    if place:
        tokens = _without(tokens, place)
    tokens = _without_title(tokens, title)
    _give_ids(tokens)
    room = _Room(MOST_ADDRESSES)
    for token in tokens:
        _restyle(token, posixpath.dirname(entry_path), room)
    html = _LONG_TEXT.sub(_in_pieces, html_of(tokens))
    clean = nh3.clean(
        html, tags=set(TAGS), attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None
    )
    scrolling = clean.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace(
        "</table>", "</table></div>"
    )
    scrolling = _EMPTY_HEADER.sub(r"<td\1></td>", scrolling)  # an empty header cell labels nothing
    return Rendered(Markup(scrolling), spoken)  # noqa: S704 - cleaned above


def _in_pieces(text: re.Match[str]) -> str:
    """Put comments into a text with many ampersands, which cleaning removes again."""
    parts = text[0].split("&amp;")
    pieces = ("&amp;".join(parts[at : at + _PIECE]) for at in range(0, len(parts), _PIECE))
    return "&amp;<!---->".join(pieces)


def spoken_line(body: str) -> str:
    """Return the sentence to say of a talk track as plain text; empty when it has none near its beginning."""
    return _spoken(body[:SPOKEN_WITHIN])


@lru_cache(maxsize=MOST_REMEMBERED)
def _spoken(beginning: str) -> str:
    tokens: list[Any] = tokens_of(beginning)
    place = _spoken_place(tokens)
    return _quoted(tokens[place[0] : place[1]]) if place else ""


def is_spoken_heading(heading: str) -> bool:
    """Whether the sentence to say is under this heading."""
    return heading.strip().casefold() in SPOKEN_HEADINGS


def marked(text: str, highlights: Sequence[tuple[int, int]]) -> Markup:
    """Return text with the given ranges in <mark>."""
    parts, at = [], 0
    for start, end in highlights:
        parts += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        at = end
    return Markup("").join([*parts, escape(text[at:])])


def heading_id(text: str) -> str:
    """Return the anchor of a heading: its letters and digits, joined with hyphens."""
    return "s-" + (re.sub(r"[\W_]+", "-", text.strip().casefold()).strip("-") or "heading")


def link_address(href: str, folder: str) -> str:
    """Return where a link of an entry leads on the site; empty for files that are not served."""
    parts = urlsplit(href)
    if parts.scheme:
        return href if parts.scheme in ("http", "https", "mailto") else ""
    if parts.netloc:
        return "https:" + href
    anchor = "#" + quote(heading_id(unquote(parts.fragment))) if parts.fragment else ""
    if not parts.path:
        return anchor
    path = unquote(parts.path)
    if not path.lower().endswith(".md"):
        return quote(path) + anchor if path.startswith("/entries/") else ""
    if path.startswith("/entries/"):
        path = path.removeprefix("/entries")
    target = posixpath.normpath(posixpath.join("/", folder, path))
    return entry_address(target.lstrip("/")[: -len(".md")]) + anchor


def _copied(token: Any) -> Any:
    """Return a token to be changed."""
    children = None if token.children is None else [_copied(child) for child in token.children]
    return token.copy(attrs=dict(token.attrs), children=children)


def _spoken_place(tokens: Sequence[Any]) -> tuple[int, int] | None:
    """Return the position of the first quotation below the heading of the sentence to say."""
    below = False
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            below = is_spoken_heading(plain_text(tokens[at + 1]))
        elif below and token.type == "blockquote_open" and token.level == 0:
            end = next(
                i for i in range(at, len(tokens)) if tokens[i].type == "blockquote_close" and tokens[i].level == 0
            )
            return at, end + 1
    return None


def _quoted(tokens: Sequence[Any]) -> str:
    return "\n".join(plain_text(token) for token in tokens if token.type == "inline")


def _without(tokens: list[Any], place: tuple[int, int]) -> list[Any]:
    """Remove a quotation, and its heading (three tokens) if nothing else is below it."""
    start, end = place
    alone = end == len(tokens) or tokens[end].type == "heading_open"
    if alone and start >= 3 and tokens[start - 1].type == "heading_close":
        start -= 3
    return tokens[:start] + tokens[end:]


def _without_title(tokens: list[Any], title: str) -> list[Any]:
    if len(tokens) > 2 and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        return tokens[3:] if plain_text(tokens[1]) == title else tokens
    return tokens


def _give_ids(tokens: Sequence[Any]) -> None:
    """Move headings one level down, below the page's own, and give each an anchor."""
    seen: dict[str, int] = {}
    for at, token in enumerate(tokens):
        if token.type not in ("heading_open", "heading_close"):
            continue
        token.tag = f"h{min(DEEPEST_HEADING, int(token.tag[1]) + 1)}"
        if token.type == "heading_open":
            anchor = heading_id(plain_text(tokens[at + 1]))
            seen[anchor] = seen.get(anchor, 0) + 1
            token.attrSet("id", anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor]}")


def _restyle(token: Any, folder: str, room: _Room) -> None:
    """Replace what the page does not show as it is: inline styles, check boxes, pictures, links between files."""
    if token.type in ("th_open", "td_open") and (aligned := _ALIGNED.search(str(token.attrGet("style") or ""))):
        token.attrs = {"class": aligned[1]}
    if token.type == "image":
        token.type, token.content = "text", f"[{token.content}]"
    if token.type == "task_box":
        token.type = "text"
    if token.type == "link_open":
        _lead(token, folder, room)
    for child in token.children or []:
        _restyle(child, folder, room)


def _lead(token: Any, folder: str, room: _Room) -> None:
    address = link_address(str(token.attrGet("href") or ""), folder) if room.characters > 0 else ""
    room.characters -= len(address)
    token.attrs = {key: value for key, value in token.attrs.items() if key == "title"}
    if address:
        token.attrSet("href", address)
    if address.startswith(("http:", "https:")):
        token.attrSet("rel", "noopener noreferrer nofollow")
        token.attrSet("target", "_blank")
