"""Check, save and archive entries over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from app.api.entries import NOT_FOUND, EntryId, Nothing
from app.http.body import described, posted
from app.http.dependencies import StoreDep
from app.http.errors import API_ERRORS, BODY_ERRORS, declared
from app.http.names import own_text, signature_of
from app.shapes.writing import CheckIn, ReviewOut, SavedOut, WriteIn
from app.words.addresses import api_address
from ingest.stored import acceptable
from kb.errors import MissingVersionError

router = APIRouter(prefix="/api/v1", tags=["entries"], responses=API_ERRORS)
WRITING = declared(_507="The file could not be written; nothing was changed.")
SAVING = WRITING | BODY_ERRORS | declared(_409="Another entry has the same text; `force` saves it all the same.")
CHANGING = WRITING | NOT_FOUND | declared(_412="The file has changed meanwhile; nothing was overwritten.")
REPLACING = SAVING | CHANGING | declared(_428="If-Match is missing, or names any version.")
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=200)]
Version = Annotated[str, Header(alias="If-Match", description="The content hash the change started from.")]


async def _to_check(request: Request) -> CheckIn:
    return await posted(request, CheckIn)


async def _to_write(request: Request) -> WriteIn:
    return await posted(request, WriteIn)


Written = Annotated[WriteIn, Depends(_to_write)]


@router.post("/entries/check", responses=BODY_ERRORS | NOT_FOUND, openapi_extra=described(CheckIn))
def check(store: StoreDep, sent: Annotated[CheckIn, Depends(_to_check)]) -> ReviewOut:
    """Check a text: the entry it would become, its problems and similar entries; nothing is written."""
    return ReviewOut.of(store.check(sent.text, kind=sent.kind, entry_id=sent.id))


@router.post("/entries", status_code=201, responses=SAVING, openapi_extra=described(WriteIn))
def create(request: Request, store: StoreDep, sent: Written, response: Response, key: Key = "") -> SavedOut:
    """Create an entry; it is searchable when this returns. The same Idempotency-Key saves once.

    With another text under the same key nothing is written, and the answer is 422.
    """
    text, author = own_text(request, store, acceptable(sent.text)), signature_of(request, sent.author)
    saved = store.create(text, kind=sent.kind, force=sent.force, author=author, reason=sent.reason, key=key)
    response.headers["Location"] = api_address(saved.id)
    response.headers["ETag"] = f'"{saved.content_hash}"'
    return SavedOut.of(saved)


@router.put("/entries/{entry_id:path}", responses=REPLACING, openapi_extra=described(WriteIn))
def update(
    request: Request, store: StoreDep, entry_id: EntryId, sent: Written, response: Response, version: Version = ""
) -> SavedOut:
    """Replace an entry, if it is still the version the change started from."""
    if version.strip() in ("", "*"):  # any version would overwrite what somebody else saved meanwhile
        raise MissingVersionError
    text, author = own_text(request, store, acceptable(sent.text), entry_id), signature_of(request, sent.author)
    saved = store.update(entry_id, text, _hash(version), force=sent.force, author=author, reason=sent.reason)
    response.headers["ETag"] = f'"{saved.content_hash}"'
    return SavedOut.of(saved)


@router.post("/entries/{entry_id:path}/archive", responses=CHANGING)
def archive(request: Request, store: StoreDep, entry_id: EntryId, _params: Nothing) -> SavedOut:
    """Archive an entry: it leaves all results, its file and address stay."""
    return SavedOut.of(store.set_status(entry_id, "archived", author=signature_of(request)))


@router.post("/entries/{entry_id:path}/restore", responses=CHANGING)
def restore(request: Request, store: StoreDep, entry_id: EntryId, _params: Nothing) -> SavedOut:
    """Restore an archived entry."""
    return SavedOut.of(store.set_status(entry_id, "published", author=signature_of(request)))


def _hash(version: str) -> str:
    return version.strip().removeprefix("W/").strip('"')
