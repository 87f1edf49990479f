"""Archive and restore an entry; show its versions and restore one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import LibraryDep, ReaderDep, StoreDep
from app.http.names import signature_of
from app.http.who import viewer_of
from app.pages.view import render
from app.pages.writing.difference import differences
from app.pages.writing.saved import address_after
from app.words.reader import Reader
from ingest.document import Document
from ingest.store import EntryStore
from ingest.unverified import unverified
from kb.errors import StaleEditError
from kb.library import Library

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.post("/archive/{entry_id:path}")
def archive(request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, entry_id: str) -> Response:
    """Archive an entry."""
    saved = store.set_status(entry_id, "archived", author=signature_of(request), reason=reader("history.archived"))
    return RedirectResponse(address_after(saved, library, "archived"), 303)


@router.post("/restore/{entry_id:path}")
def restore(request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, entry_id: str) -> Response:
    """Restore an archived entry."""
    reason = reader("history.unarchived")
    saved = store.set_status(entry_id, "published", author=signature_of(request), reason=reason)
    return RedirectResponse(address_after(saved, library, "restored"), 303)


@router.get("/history/{entry_id:path}")
def history(
    request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, entry_id: str, version: str = ""
) -> Response:
    """Show the versions of an entry, and how one of them differs from the current one."""
    return _history(request, library, store, reader, entry_id, version)


def _history(
    request: Request,
    library: Library,
    store: EntryStore,
    reader: Reader,
    entry_id: str,
    version: str,
    problem: str = "",
) -> Response:
    entry = library.entries.get(entry_id)
    versions = [
        (v.number, reader.date(v.at.date()), v.at.strftime("%H:%M"), reader.person(v.author), v.reason)
        for v in store.versions(entry)
    ]
    shown = store.text_at(entry_id, version) if version else ""
    current = store.source(entry_id)
    context = {
        "entry": entry,
        "versions": versions,
        "is_kept": store.history.is_kept,
        "version": version if shown else "",
        "text": shown,
        "base": current.content_hash,
        "problem": problem,
        "may_change": not store.is_readonly and store.may_change(entry),
        "differences": differences(current.text, shown) if shown else [],
    }
    return render(request, "history.html", context, status=412 if problem else 200)


@router.post("/history/{entry_id:path}")
def bring_back(
    request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, form: Form, entry_id: str, version: str
) -> Response:
    """Restore an old version; the current one stays in the history, and one that nobody has seen yet in place."""
    text: str | Document = store.text_at(entry_id, version)
    if not viewer_of(request).is_at_least("editor"):
        text = unverified(Document.of(store.text_at(entry_id, version)))
    reason = reader("history.restored", version=version[:10])
    author, base = signature_of(request), form.get("base", "")
    try:
        saved = store.update(entry_id, text, base, force=True, author=author, reason=reason)
    except StaleEditError as error:
        return _history(request, library, store, reader, entry_id, version, reader.say(error.sentence))
    return RedirectResponse(address_after(saved, library), 303)
