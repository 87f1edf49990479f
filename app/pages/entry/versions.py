"""Archive and restore an entry; show its versions and restore one."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.http.dependencies import LibraryDep, ReaderDep, StoreDep
from app.pages.view import render
from app.pages.writing.difference import differences
from app.pages.writing.making import author_of
from app.pages.writing.saved import address_after

router = APIRouter()


@router.post("/archive/{entry_id:path}")
def archive(request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, entry_id: str) -> Response:
    """Archive an entry."""
    saved = store.set_status(entry_id, "archived", author=author_of(request), reason=reader("history.archived"))
    return RedirectResponse(address_after(saved, library, "archived"), 303)


@router.post("/restore/{entry_id:path}")
def restore(request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, entry_id: str) -> Response:
    """Restore an archived entry."""
    reason = reader("history.unarchived")
    saved = store.set_status(entry_id, "published", author=author_of(request), reason=reason)
    return RedirectResponse(address_after(saved, library, "restored"), 303)


@router.get("/history/{entry_id:path}")
def history(
    request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, entry_id: str, version: str = ""
) -> Response:
    """Show the versions of an entry, and how one of them differs from the current one."""
    entry = library.entries.get(entry_id)
    versions = [
        (v.number, reader.date(v.at.date()), v.at.strftime("%H:%M"), v.author, v.reason) for v in store.versions(entry)
    ]
    shown = store.text_at(entry_id, version) if version else ""
    context = {
        "entry": entry,
        "versions": versions,
        "is_kept": store.history.is_kept,
        "version": version if shown else "",
        "text": shown,
        "differences": differences(store.source(entry_id).text, shown) if shown else [],
    }
    return render(request, "history.html", context)


@router.post("/history/{entry_id:path}")
def bring_back(
    request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, entry_id: str, version: str
) -> Response:
    """Restore an old version; the current one stays in the history."""
    text = store.text_at(entry_id, version)
    current = store.source(entry_id)
    reason = reader("history.restored", version=version[:10])
    saved = store.update(entry_id, text, current.content_hash, force=True, author=author_of(request), reason=reason)
    return RedirectResponse(address_after(saved, library), 303)
