"""Whose name stands under what is written: of whoever signed in; without sign-in typed once and remembered here."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from fastapi import Request, Response

from app.http.cookies import remember
from app.http.dependencies import services_of
from app.http.who import viewer_of
from ingest.document import Document
from ingest.history import signature
from ingest.names import require_plain
from ingest.store import EntryStore
from ingest.verifying import with_own_verification
from kb.entry import owner_key as folded

COOKIE = "author"
FIELD = "by"  # of forms that ask for the name
MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class Me:
    """Who is asking, as pages show it."""

    name: str  # empty if it is not known
    is_asked: bool  # nobody signs in: pages ask for the name once
    key: str = ""  # the id of the person


def author_of(request: Request, given: str = "") -> str:
    """Return the name as it stands in entries; empty if it is not known.

    `given` was typed in a form or sent by a program: where people sign in, nobody's word on it counts.
    Raises RefusedTextError for control characters in it.
    """
    viewer = viewer_of(request)
    if viewer.is_signed_in:
        return services_of(request).written_name(viewer)
    require_plain(author=given)
    return _plain(given) or remembered(request, COOKIE)


def signature_of(request: Request, given: str = "") -> str:
    """Return who saves, for the history: the name, and where people sign in the id of the person."""
    return signature(author_of(request, given), viewer_of(request).person)


def me_of(request: Request) -> Me:
    """Return who is asking, for the pages."""
    viewer = viewer_of(request)
    name = viewer.name if viewer.is_signed_in else remembered(request, COOKIE)
    return Me(name, not viewer.is_signed_in, viewer.person)


def own_text(request: Request, store: EntryStore, document: Document, entry_id: str = "") -> Document:
    """Return a text to save as whoever is asking may: where people sign in, nobody verifies in the name of another."""
    viewer = viewer_of(request)
    if not (viewer.is_signed_in and viewer.is_at_least("editor")):  # an author's verification is refused by the store
        return document
    before = Document.of(store.source(entry_id).text) if entry_id else None
    return with_own_verification(document, before, author_of(request))


def remember_name(request: Request, response: Response, given: str) -> None:
    """Remember a name that was typed, so that no form asks for it again."""
    if not viewer_of(request).is_signed_in and (name := _plain(given)):
        remember(request, response, COOKIE, quote(name))


def remembered(request: Request, name: str) -> str:
    """Return what this browser remembers under a name; empty if nothing."""
    return _plain(unquote(request.cookies.get(name, "")))


def names_of(request: Request) -> frozenset[str]:
    """Return the names, folded, that mean whoever is asking where they stand in entries."""
    viewer = viewer_of(request)
    if viewer.is_signed_in:
        return viewer.names
    return frozenset(filter(None, [folded(author_of(request))]))


def _plain(text: str) -> str:
    """Return a name in one line, without the signs that stand around an address."""
    return " ".join("".join(sign for sign in text if sign.isprintable() and sign not in "<>").split())[:MOST_LETTERS]
