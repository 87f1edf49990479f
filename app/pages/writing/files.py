"""The page that takes Markdown files, one or many: what each would do is shown before anything is written."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from app.http.body import MOST_BYTES
from app.http.dependencies import LibraryDep, StoreDep
from app.pages.view import render, texts_of
from app.pages.writing.difference import differences
from app.words.catalogue import Texts
from app.words.labels import label
from app.words.rendering import entry_address
from ingest.batch import MOST_FILES, TAKEN, Planned, carry_out, plan
from ingest.store import EntryStore
from kb.errors import KBError, RequestTooLargeError, TooManyFilesError
from kb.library import Library

PAGE = "/new/files"
MOST_SENT = 3 * MOST_BYTES  # of all files together

router = APIRouter()


async def sent_files(request: Request) -> list[tuple[str, bytes]]:
    """Return (name, bytes) of the files a form sends, and of a text that was pasted: it has no name.

    Raises TooManyFilesError, RequestTooLargeError.
    """
    form = await _form_of(request, MOST_SENT, max_fields=10)
    files = [(item.filename or "", await item.read()) for item in form.getlist("files") if isinstance(item, UploadFile)]
    pasted = form.get("text", "")
    await form.close()
    files = [(name, raw) for name, raw in files if name]
    if isinstance(pasted, str) and pasted.strip():
        files.append(("", pasted.encode("utf-8")))
    return files


async def chosen_files(request: Request) -> list[tuple[str, bytes]]:
    """Return (name, bytes) of the files that were looked at and chosen. Raises as `sent_files` does."""
    form = await _form_of(request, 2 * MOST_SENT, max_fields=3 * MOST_FILES + 10)  # as UTF-8 a text may be longer
    pairs = zip(form.getlist("name"), form.getlist("text"), strict=False)
    files = [(str(name), str(text).replace("\r\n", "\n").encode("utf-8")) for name, text in pairs]
    taken = {str(number) for number in form.getlist("take")}
    await form.close()
    return [file for number, file in enumerate(files) if str(number) in taken]


async def _form_of(request: Request, limit: int, max_fields: int) -> FormData:
    if int(request.headers.get("content-length") or 0) > limit:
        raise RequestTooLargeError(limit)
    try:
        return await request.form(max_files=MOST_FILES, max_fields=max_fields, max_part_size=MOST_BYTES)
    except HTTPException as error:
        raise TooManyFilesError(MOST_FILES) from error


@router.get(PAGE)
def ask(request: Request) -> Response:
    """Ask for files."""
    said = texts_of(request).said
    refusals = {
        "too_many": said(TooManyFilesError(MOST_FILES).sentence),
        "too_large": said(RequestTooLargeError(MOST_SENT).sentence),
    }
    return render(request, "files.html", {"planned": None, "limit": MOST_FILES, "most_bytes": MOST_SENT, **refusals})


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
def save(
    request: Request,
    library: LibraryDep,
    store: StoreDep,
    files: Annotated[list[tuple[str, bytes]], Depends(chosen_files)],
) -> Response:
    """Write the files that were chosen; each is looked at again, for time has passed."""
    texts = texts_of(request)
    results = [_carried_out(store, one, texts) for one in plan(store, library, files)]
    return render(request, "files.html", {"planned": None, "results": results, "limit": MOST_FILES})


def _title(one: Planned, texts: Texts) -> str:
    return one.name or (one.review.entry.title if one.review else texts("files.pasted"))


def _shown(one: Planned, store: EntryStore, texts: Texts, library: Library) -> dict[str, Any]:
    review = one.review
    return {
        "name": one.name,
        "heading": _title(one, texts),
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
        return {"name": _title(one, texts), "why": texts.said(one.why) or texts(f"files.{one.action}"), "address": ""}
    try:
        saved = carry_out(store, one)
    except KBError as error:
        return {"name": _title(one, texts), "why": texts.said(error.sentence), "address": ""}
    return {"name": _title(one, texts), "why": texts(f"files.done_{one.action}"), "address": entry_address(saved.id)}
