"""The short form for a deal that has ended: four questions, for which its owner needs 90 seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import LibraryDep, ReaderDep, StoreDep
from app.http.names import own_text, signature_of
from app.pages.cards import card_of
from app.pages.view import render
from app.pages.writing.form import field_views
from app.pages.writing.saved import address_after
from app.words.addresses import action_address
from app.words.reader import Reader
from ingest.document import Document
from ingest.form import values_of, with_values
from ingest.store import EntryStore
from ingest.stored import Source
from ingest.templates import template
from kb.errors import KBError, StaleEditError
from kb.loop.lessons import sections

PAGE = "/reasons"
CODED = ("reasons.buyer", "reasons.rep")
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.get(f"{PAGE}/{{entry_id:path}}")
def ask(request: Request, store: StoreDep, reader: ReaderDep, entry_id: str) -> Response:
    """Ask why a deal ended as it did; anything else is edited as usual."""
    source = _to_change(store, entry_id)
    if not _is_asked(source):
        return RedirectResponse(action_address("edit", entry_id), 303)
    return _page(request, source, reader)


@router.post(f"{PAGE}/{{entry_id:path}}")
def answer(
    request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, form: Form, entry_id: str
) -> Response:
    """Add the answers to the deal."""
    source = _to_change(store, entry_id)
    if not _is_asked(source):
        return RedirectResponse(action_address("edit", entry_id), 303)
    words = {heading: form.get(f"text{at}", "") for at, heading in questions_of(source).items()}
    codes = {name: [code for code in form.getlist(name) if code.strip()] for name in CODED}
    if not any(codes.values()) and not any(text.strip() for text in words.values()):
        return _page(request, source, reader, codes, words, reader("reasons.nothing"), 422)
    document = own_text(request, store, Document.of(answered(source, codes, words, reader)), entry_id)
    base, author = form.get("base", ""), signature_of(request)
    try:
        saved = store.update(entry_id, document, base, force=True, author=author, reason=reader("reasons.history"))
    except StaleEditError as error:  # what was typed stays, over the version that is there now
        return _page(request, source, reader, codes, words, reader.say(error.sentence), 412)
    except KBError as error:
        return _page(request, source, reader, codes, words, reader.say(error.sentence), 422)
    return RedirectResponse(address_after(saved, library), 303)


def answered(source: Source, codes: Mapping[str, Sequence[str]], words: Mapping[str, str], reader: Reader) -> str:
    """Return the file of a deal with answers: the coded reasons, and a section for each question."""
    document, playbook = Document.of(source.text), reader.playbook
    given: dict[str, Sequence[str]] = {**values_of(document, "deal", playbook), **codes}
    body = document.body
    for heading, text in words.items():
        body = _with_section(body, heading, text.replace("\r\n", "\n").strip())
    return with_values(document, "deal", given, playbook, body)


def questions_of(source: Source) -> dict[int, str]:
    """Return the headings to write below, by their place: of a new deal's questions the first and last still open."""
    asked = _asked(source, source.entry.language)
    known = {heading for heading, text in sections(source.entry.body) if text.strip()}
    return {at: asked[at] for at in (0, len(asked) - 1) if asked[at] not in known}


def _asked(source: Source, language: str) -> list[str]:
    """Return the questions of a new deal that ended so, in a language."""
    return _HEADING.findall(template(f"deal-{source.entry.outcome}", language))


def _with_section(body: str, heading: str, text: str) -> str:
    if not text:
        return body
    found = re.search(rf"^## {re.escape(heading)}[ \t]*$", body, re.MULTILINE)
    if found:  # an empty one, as a template has it
        return f"{body[: found.end()]}\n{text}{body[found.end() :]}"
    before = f"{body.rstrip()}\n\n" if body.strip() else ""
    return f"{before}## {heading}\n{text}\n"


def _to_change(store: EntryStore, entry_id: str) -> Source:
    """Return a file that somebody may change. Raises EntryNotFoundError, ForbiddenError."""
    source = store.source(entry_id)
    if not store.may_change(source.entry):
        raise store.refusal(source.entry)
    return source


def _is_asked(source: Source) -> bool:
    """Whether a deal has ended, and its file can be changed field by field."""
    return source.entry.outcome in ("won", "lost", "no-decision") and Document.of(source.text).fault is None


def _page(
    request: Request,
    source: Source,
    reader: Reader,
    codes: Mapping[str, Sequence[str]] | None = None,
    words: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    entry, values = source.entry, values_of(Document.of(source.text), "deal", reader.playbook)
    first, _, _ = field_views("deal", {**values, **(codes or {})}, (), reader, {}, {})
    amount = entry.deal.amount if entry.deal else None
    context: dict[str, Any] = {
        "entry": entry,
        "card": card_of(entry, reader),
        "amount": "" if amount is None or not entry.deal else reader.money(amount, entry.deal.currency),
        "fields": [field for field in first if field.name in CODED],
        "questions": [
            (at, _asked(source, reader.locale)[at], (words or {}).get(heading, ""))
            for at, heading in questions_of(source).items()
        ],
        "base": source.content_hash,
        "action": action_address("reasons", entry.id),
        "problem": problem,
    }
    return render(request, "reasons.html", context, status)
