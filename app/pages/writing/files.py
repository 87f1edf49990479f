"""The upload page for Markdown files: shows what each would change before anything is written."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from app.http.body import MOST_BYTES
from app.http.dependencies import LibraryDep, ReaderDep, StoreDep
from app.http.limits import MOST_FILES_BYTES
from app.pages.view import render
from app.pages.writing.difference import differences
from app.words.addresses import entry_address
from app.words.reader import Reader
from ingest.batch import MOST_FILES, TAKEN, Planned, carry_out, plan
from ingest.store import EntryStore
from kb.errors import KBError, RequestTooLargeError, TooManyFilesError

PAGE = "/new/files"

router = APIRouter()


async def sent_files(request: Request) -> list[tuple[str, bytes]]:
    """Return (name, bytes) of the uploaded files and of pasted text, which has no name.

    Raises TooManyFilesError, RequestTooLargeError, and RequestValidationError for what is no multipart form.
    """
    form = await _form_of(request, max_fields=10)
    files = [(item.filename or "", await item.read()) for item in form.getlist("files") if isinstance(item, UploadFile)]
    pasted = form.get("text", "")
    await form.close()
    files = [(name, raw) for name, raw in files if name]
    if isinstance(pasted, str) and pasted.strip():
        files.append(("", pasted.encode("utf-8")))
    return files


async def chosen_files(request: Request) -> list[tuple[str, bytes]]:
    """Return (name, bytes) of the checked files that were chosen. Raises as `sent_files` does."""
    form = await _form_of(request, max_fields=3 * MOST_FILES + 10)
    pairs = zip(form.getlist("name"), form.getlist("text"), strict=False)
    files = [(str(name), str(text).replace("\r\n", "\n").encode("utf-8")) for name, text in pairs]
    taken = {str(number) for number in form.getlist("take")}
    await form.close()
    return [file for number, file in enumerate(files) if str(number) in taken]


async def _form_of(request: Request, max_fields: int) -> FormData:
    try:
        return await request.form(max_files=MOST_FILES, max_fields=max_fields, max_part_size=MOST_BYTES)
    except HTTPException as error:
        if str(error.detail).startswith("Too many"):
            raise TooManyFilesError(MOST_FILES) from error
        if "exceeded maximum size" in str(error.detail):
            raise RequestTooLargeError(MOST_BYTES) from error
        problem = {"type": "multipart", "loc": ("body",), "msg": str(error.detail)}
        raise RequestValidationError([problem]) from error


@router.get(PAGE)
def ask(request: Request, reader: ReaderDep) -> Response:
    """Show the upload form."""
    refusals = {
        "too_many": reader.say(TooManyFilesError(MOST_FILES).sentence),
        "too_large": reader.say(RequestTooLargeError(MOST_FILES_BYTES).sentence),
    }
    return render(
        request, "files.html", {"planned": None, "limit": MOST_FILES, "most_bytes": MOST_FILES_BYTES, **refusals}
    )


@router.post(PAGE)
def look(
    request: Request,
    library: LibraryDep,
    store: StoreDep,
    reader: ReaderDep,
    files: Annotated[list[tuple[str, bytes]], Depends(sent_files)],
) -> Response:
    """Show what each file would change."""
    planned = [_shown(one, store, reader) for one in plan(store, library, files)]
    return render(request, "files.html", {"planned": planned, "limit": MOST_FILES})


@router.post(f"{PAGE}/save")
def save(
    request: Request,
    library: LibraryDep,
    store: StoreDep,
    reader: ReaderDep,
    files: Annotated[list[tuple[str, bytes]], Depends(chosen_files)],
) -> Response:
    """Write the chosen files; each is checked again, since time has passed."""
    results = [_carried_out(store, one, reader) for one in plan(store, library, files)]
    return render(request, "files.html", {"planned": None, "results": results, "limit": MOST_FILES})


def _title(one: Planned, reader: Reader) -> str:
    return one.name or (one.review.entry.title if one.review else reader("files.pasted"))


def _shown(one: Planned, store: EntryStore, reader: Reader) -> dict[str, Any]:
    review = one.review
    return {
        "name": one.name,
        "heading": _title(one, reader),
        "action": one.action,
        "taken": one.action in TAKEN,
        "text": one.text,
        "why": reader.say(one.why) if one.why else "",
        "title": review.entry.title if review else "",
        "kind": reader.label("kind", review.entry.kind) if review else "",
        "problems": [(p.line, reader.say(p.message)) for p in review.problems] if review else [],
        "address": entry_address(one.entry_id) if one.entry_id else "",
        "differences": differences(store.source(one.entry_id).text, one.text) if one.action == "change" else [],
    }


def _carried_out(store: EntryStore, one: Planned, reader: Reader) -> dict[str, str]:
    if one.action not in TAKEN:
        return {"name": _title(one, reader), "why": reader.say(one.why) or reader(f"files.{one.action}"), "address": ""}
    try:
        saved = carry_out(store, one)
    except KBError as error:
        return {"name": _title(one, reader), "why": reader.say(error.sentence), "address": ""}
    done = f"files.done_{one.action}" if saved.is_findable else "saved.soon"
    address = entry_address(saved.id) if saved.is_findable or one.entry_id else ""
    return {"name": _title(one, reader), "why": reader(done), "address": address}
