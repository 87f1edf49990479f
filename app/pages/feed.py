"""The Atom feed of new entries: what its reader may see, for any feed reader and for chat programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

from fastapi import APIRouter, Request, Response

from app.http.dependencies import LibraryDep, ReaderDep, SettingsDep, services_of
from app.http.who import viewer_of
from app.pages.view import unless_known
from app.words.addresses import entry_address
from app.words.reader import Reader
from kb.clock import midnight
from kb.entry import Entry
from kb.errors import ForbiddenError
from kb.library import Library
from kb.loop.lessons import lesson_of
from kb.search.query import Filters
from kb.wording import say

PAGE = "/feed.atom"
ATOM = "http://www.w3.org/2005/Atom"
MOST = 50
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Dated:
    """An entry and since when it is new."""

    entry: Entry
    at: datetime


@router.get(PAGE)
def feed(request: Request, library: LibraryDep, reader: ReaderDep, settings: SettingsDep) -> Response:
    """Return the feed for whoever is signed in, or for the token of a program."""
    return _answer(request, library, reader, settings.entries)


@router.get("/feeds/{secret}")
def personal_feed(
    request: Request, library: LibraryDep, reader: ReaderDep, settings: SettingsDep, secret: str
) -> Response:
    """Return the feed at somebody's personal address; who that is has been found out before."""
    if not viewer_of(request).is_signed_in:
        raise ForbiddenError(say("Nobody signs in here, so there are no personal feeds. Use /feed.atom."))
    return _answer(request, library, reader, settings.entries)


def base_of(request: Request) -> str:
    """Return the address of the server for links that leave it: as set, else as it was asked."""
    settings = services_of(request).settings
    is_named = settings.public_url or settings.hosts
    return settings.public_address if is_named else str(request.base_url).rstrip("/")


def _answer(request: Request, library: Library, reader: Reader, folder: Path) -> Response:
    found = newest(library, folder, reader.today)
    response = Response(written(found, base_of(request), reader), media_type="application/atom+xml")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Language"] = reader.locale
    return unless_known(request, response)


def newest(library: Library, folder: Path, today: date) -> list[Dated]:
    """Return the newest entries; one without a date is as new as its file. Open deals change daily and are left out."""
    answer = library.search.answer("", filters=Filters(date_to=today.isoformat()), sort="newest", limit=MOST)
    dated = [
        Dated(hit.entry, midnight(date.fromisoformat(hit.entry.sort_date)))
        for hit in answer.hits
        if hit.entry.sort_date
    ]
    times = dict(sorted(_times(library, folder), key=lambda pair: pair[1], reverse=True)[:MOST])
    undated = [Dated(entry, times[entry_id]) for entry_id, entry in library.entries.published(list(times)).items()]
    found = [one for one in (*dated, *undated) if one.entry.outcome != "open"]
    return sorted(found, key=lambda one: (one.at, one.entry.id), reverse=True)[:MOST]


def _times(library: Library, folder: Path) -> Iterator[tuple[str, datetime]]:
    for entry_id, path in library.entries.undated().items():
        with suppress(OSError):  # removed just now, or rewritten for this reader
            yield entry_id, datetime.fromtimestamp((folder / path).stat().st_mtime, UTC)


def written(found: list[Dated], base: str, reader: Reader) -> bytes:
    """Return entries as an Atom document (RFC 4287)."""
    root = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": reader.locale})
    _text(root, "id", f"{base}{PAGE}")
    _text(root, "title", reader("feed.title"))
    _text(root, "updated", _moment(max((one.at for one in found), default=datetime(1970, 1, 1, tzinfo=UTC))))
    ElementTree.SubElement(root, "link", rel="alternate", type="text/html", href=f"{base}/")
    _text(ElementTree.SubElement(root, "author"), "name", reader("product.name"))
    for one in found:
        _entry(ElementTree.SubElement(root, "entry", {"xml:lang": one.entry.language}), one, base, reader)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(node: ElementTree.Element, one: Dated, base: str, reader: Reader) -> None:
    entry, address = one.entry, base + entry_address(one.entry.id)
    _text(node, "id", address)
    _text(node, "title", entry.title)
    _text(node, "updated", _moment(one.at))
    ElementTree.SubElement(node, "link", rel="alternate", type="text/html", href=address)
    if entry.owner:
        _text(ElementTree.SubElement(node, "author"), "name", reader.person(entry.owner))
    labels = [("kind", entry.kind), *([("outcome", entry.outcome)] if entry.outcome else [])]
    for field, value in labels:
        ElementTree.SubElement(node, "category", term=value, label=reader.label(field, value))
    if summary := lesson_of(entry.body):
        _text(node, "summary", summary)


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    """Add an element with a text, without the control characters that XML cannot hold."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    ElementTree.SubElement(parent, name).text = " ".join(plain.split())


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
