"""The upload page: documents, transcripts, exports, Markdown; shows what each would do before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from operator import not_
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import UploadFile

from app.http.body import MOST_FILES_BYTES, posted_files
from app.http.dependencies import LibraryDep, ReaderDep, ServicesDep, StoreDep
from app.http.names import signature_of
from app.http.who import ViewerDep
from app.pages.entry.facts import facts_of, funnel_of, money_of
from app.pages.view import render
from app.pages.writing.difference import differences
from app.pages.writing.exports import Export, exports_in, imported, previewed
from app.pages.writing.undoing import imports_of
from app.words.addresses import entry_address
from app.words.reader import Reader
from app.words.rendering import render_body
from ingest.batch import MOST_FILES, TAKEN, Planned, carry_out, plan
from ingest.document import Document
from ingest.front_matter import edited
from ingest.importers.incoming import SOURCE_HASH
from ingest.importers.uploads import ACCEPTED, received
from ingest.names import UNNAMED
from ingest.parse import entry_of
from ingest.store import EntryStore
from ingest.stored import place_of
from ingest.undo import Wrote
from kb.choices import KINDS
from kb.entry import Entry
from kb.errors import KBError, ReadOnlyError, RequestTooLargeError, TooManyFilesError

PAGE = "/new/files"
MOST_SHOWN = 6_000  # characters of a body in the preview

router = APIRouter()
_File = TypeVar("_File")


@dataclass(frozen=True, slots=True)
class Sent:
    """What was dropped, chosen or pasted."""

    files: list[tuple[str, bytes]]
    pasted: str = ""
    title: str = ""  # of the pasted text
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was ticked in the preview, and what was not."""

    entries: list[tuple[str, bytes]]
    exports: list[Export]
    left_entries: list[tuple[str, bytes]]
    left_exports: list[Export]


async def sent_files(request: Request) -> Sent:
    """Return the uploaded files and the pasted text.

    Raises TooManyFilesError, RequestTooLargeError, and RequestValidationError for what is no multipart form.
    """
    form = await posted_files(request)
    files = [(item.filename or "", await item.read()) for item in form.getlist("files") if isinstance(item, UploadFile)]
    pasted, title, kind = (str(form.get(name) or "") for name in ("text", "title", "kind"))
    await form.close()
    title = " ".join(title.split())[:300]
    return Sent([file for file in files if file[0]], pasted, title, kind if kind in KINDS else "")


async def chosen_files(request: Request) -> Chosen:
    """Return the files of the preview, by whether they are ticked. Raises as `sent_files` does."""
    form = await posted_files(request)
    pairs = zip(form.getlist("name"), form.getlist("text"), strict=False)
    files = [(str(name), str(text).replace("\r\n", "\n").encode("utf-8")) for name, text in pairs]
    exports = exports_in(form)
    await form.close()
    (entries, left_entries) = _parted(files, {str(number) for number in form.getlist("take")})
    (tables_in, left_tables) = _parted(exports, {str(number) for number in form.getlist("import")})
    return Chosen(entries, tables_in, left_entries, left_tables)


def _parted(files: list[_File], ticked: set[str]) -> tuple[list[_File], list[_File]]:
    ticks = [str(number) in ticked for number in range(len(files))]
    return list(compress(files, ticks)), list(compress(files, map(not_, ticks)))


@router.get(PAGE)
def ask(request: Request, reader: ReaderDep) -> Response:
    """Show the upload form."""
    return _asking(request, reader, Sent([]))


@router.post(PAGE)
def look(
    request: Request,
    library: LibraryDep,
    services: ServicesDep,
    store: StoreDep,
    reader: ReaderDep,
    sent: Annotated[Sent, Depends(sent_files)],
) -> Response:
    """Show what each file would do."""
    pasted = _titled(sent, reader)
    if sent.pasted.strip() and not pasted:
        return _asking(request, reader, sent, status=422)
    uploads = received(sent.files, services.settings.entries)
    entries = [(one.name, one.content) for one in uploads if not one.is_export]
    entries += [("", pasted.encode("utf-8"))] if pasted else []
    exports = [Export(one.name, one.content) for one in uploads if one.is_export and isinstance(one.content, bytes)]
    context = {
        "planned": [_shown(one, store, reader) for one in plan(store, library, entries)],
        "exports": [previewed(export, services, library, reader) for export in exports],
        "notes": {one.name: [reader.say(note) for note in one.notes] for one in uploads if one.notes},
        "limit": MOST_FILES,
    }
    return render(request, "files.html", context)


@router.post(f"{PAGE}/again")
def look_again(
    request: Request,
    library: LibraryDep,
    services: ServicesDep,
    store: StoreDep,
    reader: ReaderDep,
    chosen: Annotated[Chosen, Depends(chosen_files)],
) -> Response:
    """Show the files again, as they were ticked, the exports with the columns and stages chosen in the preview."""
    shown = [_shown(one, store, reader) for one in plan(store, library, [*chosen.entries, *chosen.left_entries])]
    ticked, exports = len(chosen.entries), [previewed(export, services, library, reader) for export in chosen.exports]
    context = {
        "planned": [*_ticked(shown[:ticked], True), *_ticked(shown[ticked:], False)],
        "exports": [
            *_ticked(exports, True),
            *(previewed(export, services, library, reader) for export in chosen.left_exports),
        ],
        "limit": MOST_FILES,
    }
    return render(request, "files.html", context)


@router.post(f"{PAGE}/save")
def save(
    request: Request,
    library: LibraryDep,
    services: ServicesDep,
    store: StoreDep,
    reader: ReaderDep,
    viewer: ViewerDep,
    chosen: Annotated[Chosen, Depends(chosen_files)],
) -> Response:
    """Write the chosen files, each checked again, since time has passed; the others stay on the page."""
    if store.is_readonly:
        raise ReadOnlyError
    wrote: list[Wrote] = []
    results = [
        _carried_out(store, one, reader, wrote, signature_of(request)) for one in plan(store, library, chosen.entries)
    ]
    results += [imported(export, services, library, reader, wrote) for export in chosen.exports]
    services.people.audit.note("imported", viewer, entries=len(wrote), source="files")
    left = [previewed(export, services, library, reader) for export in chosen.left_exports]
    exports = [export for export in left if export.get("taken")]
    shown = [_shown(one, store, reader) for one in plan(store, library, chosen.left_entries)]
    context = {
        "planned": _ticked(shown, False),
        "exports": _ticked(exports, False),
        "left": len(chosen.left_entries) + len(exports),
        "undo": imports_of(services).keep(wrote, viewer.person),
    }
    return render(request, "files.html", {**context, "results": results, "limit": MOST_FILES})


def _ticked(shown: list[dict[str, Any]], is_ticked: bool) -> list[dict[str, Any]]:
    """Return shown files as somebody left them, ticked or not."""
    return [{**file, "checked": is_ticked and file.get("taken", False)} for file in shown]


def _asking(request: Request, reader: Reader, sent: Sent, status: int = 200) -> Response:
    """Show the upload form; a pasted text that nothing names is still in it."""
    context = {
        "planned": None,
        "limit": MOST_FILES,
        "most_bytes": MOST_FILES_BYTES,
        "too_many": reader.say(TooManyFilesError(MOST_FILES).sentence),
        "too_large": reader.say(RequestTooLargeError(MOST_FILES_BYTES).sentence),
        "accepted": ",".join(ACCEPTED),
        "sent": sent,
        "kinds": [(kind, reader.label("kind", kind), kind == (sent.kind or "note")) for kind in KINDS],
        "is_untitled": bool(sent.pasted.strip()),
    }
    return render(request, "files.html", context, status=status)


def _titled(sent: Sent, reader: Reader) -> str:
    """Return the pasted text with its title and kind; empty if nothing names it."""
    text = sent.pasted.replace("\r\n", "\n")
    document = Document.of(text)
    if document.fault:
        return text
    entry = entry_of(document, place_of(sent.kind), reader.playbook).entry
    if not sent.title and entry.title == UNNAMED:
        return ""
    given = {"title": sent.title} if sent.title else {}
    return edited(document, given | ({"kind": sent.kind} if sent.kind and not document.head else {}))


def _title(one: Planned, reader: Reader) -> str:
    return one.name or (one.review.entry.title if one.review else reader("files.pasted"))


def _shown(one: Planned, store: EntryStore, reader: Reader) -> dict[str, Any]:
    review = one.review
    return {
        "name": one.name,
        "heading": _title(one, reader),
        "action": one.action,
        "taken": one.action in TAKEN,
        "checked": one.action in TAKEN and not (review and review.problems),
        "text": one.text,
        "why": reader.say(one.why) if one.why else "",
        "title": review.entry.title if review else "",
        "kind": reader.label("kind", review.entry.kind) if review else "",
        "problems": [(p.line, reader.say(p.message)) for p in review.problems] if review else [],
        "address": entry_address(one.entry_id) if one.entry_id else "",
        **(_as_read(review.entry, reader) if review and one.action in TAKEN else {}),
        "differences": differences(store.source(one.entry_id).text, one.text) if one.action == "change" else [],
    }


def _carried_out(store: EntryStore, one: Planned, reader: Reader, wrote: list[Wrote], author: str) -> dict[str, str]:
    if one.action not in TAKEN:
        return {"name": _title(one, reader), "why": reader.say(one.why) or reader(f"files.{one.action}"), "address": ""}
    try:
        before = store.source(one.entry_id).text if one.entry_id else None
        saved = carry_out(store, one, author)
    except KBError as error:
        return {"name": _title(one, reader), "why": reader.say(error.sentence), "address": ""}
    wrote.append(Wrote(saved.path, saved.content_hash, before))
    done = f"files.done_{one.action}" if saved.is_findable else "saved.soon"
    address = entry_address(saved.id) if saved.is_findable or one.entry_id else ""
    return {"name": _title(one, reader), "why": reader(done), "address": address}


def _as_read(entry: Entry, reader: Reader) -> dict[str, Any]:
    """Return body and figures of an entry as its page would show them."""
    figures = [*funnel_of(entry.campaign, reader), *money_of(entry.campaign, reader)] if entry.campaign else []
    facts = [(fact.label, [value.text for value in fact.values]) for fact in facts_of(entry, reader)
             if fact.label != SOURCE_HASH]  # fmt: skip
    return {
        "facts": facts + [(row.label, [row.count]) for row in figures],
        "body": render_body(entry.body[:MOST_SHOWN], entry.path, entry.title).html,
        "is_cut": len(entry.body) > MOST_SHOWN,
        "length": reader.number(len(entry.body)),
    }
