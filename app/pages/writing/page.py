"""The editor: a new entry or a change, as a form or as a file, previewed before saving."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.cookies import remember
from app.http.dependencies import GapBoardDep, LibraryDep, PlaybookStoreDep, ReaderDep, StoreDep, reader_of
from app.http.names import author_of, own_text, remember_name, remembered, signature_of
from app.http.who import viewer_of
from app.pages.view import FRAGMENT_HEADER, render
from app.pages.writing.difference import differences
from app.pages.writing.drafts import Draft
from app.pages.writing.making import REMEMBERED, begun_from
from app.pages.writing.picking import picked
from app.pages.writing.saved import address_after
from app.pages.writing.view import page, reviewed, unverifies
from ingest.document import Document
from ingest.review import Review
from ingest.store import EntryStore
from ingest.stored import Saved
from ingest.templates import NEW, kind_of, template
from kb.entry import Problem
from kb.errors import (
    ActivitySchemaError,
    ActivityUnavailableError,
    DuplicateTextError,
    EntryNotFoundError,
    GapNotClosedError,
    KBError,
    KeyReusedError,
    ModelUnavailableError,
    RefusedTextError,
    StaleEditError,
)
from kb.library import Library
from kb.loop.board import GapBoard

router = APIRouter()
log = logging.getLogger(__name__)
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.get("/new")
def choose(request: Request, reader: ReaderDep, playbooks: PlaybookStoreDep) -> Response:
    """Show the kinds of entries to write."""
    kinds = [(name, reader(f"new.{name}"), reader(f"new.{name}_lead")) for name in NEW]
    saved = reader("saved.soon") if request.query_params.get("saved") == "soon" else ""
    return render(request, "new.html", {"kinds": kinds, "saved": saved, "lacks_playbook": playbooks.is_missing})


@router.get("/new/{name}")
def begin(
    request: Request,
    library: LibraryDep,
    store: StoreDep,
    reader: ReaderDep,
    name: str,
    source: Annotated[str, Query(alias="from")] = "",
) -> Response:
    """Start a new entry, from another one if the address names it."""
    if name not in NEW:
        raise EntryNotFoundError(name)
    kind, asked = kind_of(name), request.query_params
    title, gap = " ".join(asked.get("title", "").split())[:300], asked.get("gap", "")[:1000]
    text = template(name, reader.locale)
    if source and kind != "deal":
        text = begun_from(text, name, library.entries.get(source), reader)
    kept = {name: remembered(request, name) if kind == "deal" else "" for name in REMEMBERED}
    if viewer_of(request).is_signed_in:
        kept["owner"] = author_of(request)
    draft = Draft.new(kind, text, reader, title=title, gap=gap, me=author_of(request), **kept)
    return page(request, library, store, draft, None)


@router.get("/edit/{entry_id:path}")
def change(request: Request, library: LibraryDep, store: StoreDep, entry_id: str) -> Response:
    """Open an entry for editing."""
    source = store.source(entry_id)
    if store.shows_all_of(source.entry) and not store.may_change(source.entry):  # masked ones are shown without saving
        raise store.refusal(source.entry)
    document = Document.of(source.text)
    draft = Draft(
        kind=source.entry.kind,
        document=document,
        begun=document,
        entry_id=entry_id,
        base=source.content_hash,
        asked=False,
    )
    return page(request, library, store, draft if draft.may_be_form else _shown(draft, True), None)


@router.post("/write")
def write(
    request: Request, library: LibraryDep, store: StoreDep, board: GapBoardDep, reader: ReaderDep, form: Form
) -> Response:
    """Check, switch between form and file, or save."""
    chosen = picked(form, library)
    draft = replace(Draft.read(chosen.form, reader, _original(store, form), _me(request)), unknown=chosen.unknown)
    todo = form.get("do", "save")
    if draft.unknown and not draft.whole and todo in ("save", "force"):
        return page(request, library, store, draft, _with(_review(store, draft), chosen.problems), status=422)
    if todo in ("whole", "form"):
        return page(request, library, store, _shown(draft, todo == "whole"), _review(store, draft))
    if todo == "check":
        return _checked(request, library, store, draft, chosen.problems)
    return _save(request, library, store, board, draft, force=todo == "force")


def _save(
    request: Request, library: Library, store: EntryStore, board: GapBoard, draft: Draft, *, force: bool
) -> Response:
    unverified = unverifies(request, library, draft.entry_id)
    try:
        saved = _saved(request, store, draft, force)
    except StaleEditError as error:
        return _conflict(request, library, store, draft, error)
    except DuplicateTextError as error:
        review = _review(store, draft)
        return page(request, library, store, draft, review, problem=error.sentence, same=error.entry_id, status=409)
    except (KBError, ValueError) as error:
        sentence = error.sentence if isinstance(error, KBError) else str(error)
        return page(request, library, store, draft, _review(store, draft), problem=sentence, status=422)
    message = "unverified" if unverified and not unverifies(request, library, draft.entry_id) else "1"
    message = _closed(board, draft.gap, saved) if draft.gap and saved.is_findable else message
    response = RedirectResponse(address_after(saved, library, message), 303)
    remember_name(request, response, draft.author)
    for name in REMEMBERED if draft.kind == "deal" and not viewer_of(request).is_signed_in else ():
        if value := next(iter(draft.given.get(name, ())), "").strip()[:200]:
            remember(request, response, name, quote(value))
    return response


def _closed(board: GapBoard, gap: str, saved: Saved) -> str:
    """Close the gap an entry was written for, if its search finds the entry now; return the message key."""
    try:
        board.close(gap, saved.id)
    except (GapNotClosedError, ActivityUnavailableError, ActivitySchemaError):
        return "unanswered"
    except Exception:  # the entry is saved, and the gap stays on the list
        log.exception("The gap %r could not be closed.", gap)
        return "1"
    return "closed"


def _saved(request: Request, store: EntryStore, draft: Draft, force: bool) -> Saved:
    document = own_text(request, store, draft.document, draft.entry_id)
    author = signature_of(request, draft.author)
    if draft.entry_id:
        return store.update(draft.entry_id, document, draft.base, force=force, author=author, reason=draft.reason)
    try:
        return store.create(document, kind=draft.kind, force=force, author=author, reason=draft.reason, key=draft.key)
    except KeyReusedError as earlier:  # it was saved, the response got lost, and the author kept writing
        entry_id, base = earlier.entry_id, earlier.content_hash
    return store.update(entry_id, document, base, force=force, author=author, reason=draft.reason)


def _me(request: Request) -> str:
    """Return the only name besides the present one that an owner can get in a form; empty if any can."""
    return author_of(request) if viewer_of(request).is_signed_in else ""


def _conflict(request: Request, library: Library, store: EntryStore, draft: Draft, error: StaleEditError) -> Response:
    """Show both versions; saving again means that the author has seen the other one."""
    theirs = store.source(draft.entry_id)
    mine = replace(draft, base=error.current_hash, whole=True)
    shown = differences(theirs.text, draft.text)
    return page(request, library, store, mine, None, problem=error.sentence, conflict=shown, status=412)


def _with(review: Review | None, problems: tuple[Problem, ...]) -> Review | None:
    """Return a review with problems of the form, which the file does not have."""
    return replace(review, problems=(*review.problems, *problems)) if review else None


def _checked(
    request: Request, library: Library, store: EntryStore, draft: Draft, problems: tuple[Problem, ...]
) -> Response:
    review = _with(_review(store, draft), problems)
    if request.headers.get(FRAGMENT_HEADER) != "review":
        return page(request, library, store, draft, review)
    return render(request, "_review.html", reviewed(review, reader_of(request), "" if draft.whole else draft.kind))


def _review(store: EntryStore, draft: Draft) -> Review | None:
    """Check a draft; None if it is empty, or if it cannot be compared now."""
    try:
        return store.check(draft.document, kind=draft.kind, entry_id=draft.entry_id)
    except (RefusedTextError, ModelUnavailableError):
        return None


def _original(store: EntryStore, form: ImmutableMultiDict[str, str]) -> str:
    """Return the file the form started from, if it is unchanged."""
    try:
        source = store.source(form.get("id", ""))
    except (EntryNotFoundError, RefusedTextError):
        return ""
    return source.text if source.content_hash == form.get("base") else ""


def _shown(draft: Draft, whole: bool) -> Draft:
    """Return a draft as a whole file, or as a form filled from the current file."""
    return replace(draft, whole=whole, begun=draft.document, asked=draft.asked or not draft.entry_id)
