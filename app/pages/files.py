"""The page that takes Markdown files, one or many: what each would do is shown before anything is written."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import ImmutableMultiDict, UploadFile
from starlette.exceptions import HTTPException

from app.deps import LibraryDep, StoreDep
from app.i18n import Texts
from app.labels import label
from app.pages.difference import differences
from app.pages.view import render, texts_of
from app.posted import MOST_BYTES, posted_form
from app.render import entry_address
from ingest.batch import MOST_FILES, Planned, carry_out, plan
from ingest.store import EntryStore
from kb.errors import KBError, RequestTooLargeError, TooManyFilesError
from kb.library import Library

PAGE = "/new/files"
TAKEN = ("add", "change")

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


async def sent_files(request: Request) -> list[tuple[str, bytes]]:
    """Return (name, bytes) of the files a form sends, and of a text that was pasted.

    Raises TooManyFilesError, RequestTooLargeError.
    """
    if int(request.headers.get("content-length") or 0) > MOST_BYTES * 3:
        raise RequestTooLargeError(MOST_BYTES * 3)
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=10, max_part_size=MOST_BYTES)
    except HTTPException as error:
        raise TooManyFilesError(MOST_FILES) from error
    files = [(item.filename or "", await item.read()) for item in form.getlist("files") if isinstance(item, UploadFile)]
    pasted = form.get("text", "")
    await form.close()
    if isinstance(pasted, str) and pasted.strip():
        files.append((f"{pasted.strip().splitlines()[0].strip('# -')[:60] or 'text'}.md", pasted.encode("utf-8")))
    return [(name, raw) for name, raw in files if name]


@router.get(PAGE)
def ask(request: Request) -> Response:
    """Ask for files."""
    return render(request, "files.html", {"planned": None, "limit": MOST_FILES})


@router.post(PAGE)
def look(
    request: Request,
    library: LibraryDep,
    store: StoreDep,
    files: Annotated[list[tuple[str, bytes]], Depends(sent_files)],
) -> Response:
    """Show what each file would do."""
    texts = texts_of(request)
    planned = [_shown(one, store, texts, library) for one in plan(store, library, files)]
    return render(request, "files.html", {"planned": planned, "limit": MOST_FILES})


@router.post(f"{PAGE}/save")
def save(request: Request, library: LibraryDep, store: StoreDep, form: Form) -> Response:
    """Write the files that were chosen; each is looked at again, for time has passed."""
    texts = texts_of(request)
    chosen = set(form.getlist("take"))
    names, sent = form.getlist("name"), form.getlist("text")
    wanted = [(n, t) for n, t in zip(names, sent, strict=False) if n in chosen]
    files = [(name, text.replace("\r\n", "\n").encode("utf-8")) for name, text in wanted]
    results = [_carried_out(store, one, texts) for one in plan(store, library, files)]
    return render(request, "files.html", {"planned": None, "results": results, "limit": MOST_FILES})


def _shown(one: Planned, store: EntryStore, texts: Texts, library: Library) -> dict[str, Any]:
    review = one.review
    return {
        "name": one.name,
        "action": one.action,
        "taken": one.action in TAKEN,
        "text": one.text,
        "why": texts.said(one.why) if one.why else "",
        "title": review.entry.title if review else "",
        "kind": label("kind", review.entry.kind, texts.locale, library.playbook) if review else "",
        "problems": [(p.line, texts.said(p.message)) for p in review.problems] if review else [],
        "address": entry_address(one.entry_id) if one.entry_id else "",
        "differences": differences(store.source(one.entry_id).text, one.text) if one.action == "change" else [],
    }


def _carried_out(store: EntryStore, one: Planned, texts: Texts) -> dict[str, str]:
    if one.action not in TAKEN:
        return {"name": one.name, "why": texts.said(one.why) or texts(f"files.{one.action}"), "address": ""}
    try:
        saved = carry_out(store, one)
    except KBError as error:
        return {"name": one.name, "why": texts.said(error.sentence), "address": ""}
    return {"name": one.name, "why": texts(f"files.done_{one.action}"), "address": entry_address(saved.id)}
